"""The Lua scripts: each is one step for everybody who looks at Redis, and cannot be half done.

KEYS begin with `Keys.shared`. An *epoch* is one filling of the store; a hash of another epoch is a leftover.
"""

_CLOCK = """
local time = redis.call('TIME')
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
"""

#: Writes the records of one partition from offset `from` up to `next`, each product only if that is newer, and
#: moves the partition's position with them.
#: ARGV: partition, from, next, number of partitions, ms since the end was seen or '', then for each product key: its
#: id, offset, timestamp, document or '', and a score or '' for each index.
#: Returns {1, position, products written}; or {0, position}, nothing written, if Redis lacks what comes before.
APPLY = (
    _CLOCK
    + """
local offsets, ends, epoch_key = KEYS[1], KEYS[2], KEYS[3]
local partition, from, next_offset = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local stored = tonumber(redis.call('HGET', offsets, partition) or '0')
if stored < from then return {0, stored} end
local epoch = redis.call('GET', epoch_key)
if not epoch then
  epoch = time[1] .. string.format('%06d', time[2])
  redis.call('SET', epoch_key, epoch)
end
local written = 0
local at = 5
for i = 8, #KEYS do
  local id, offset, timestamp, doc = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
  local held = redis.call('HMGET', KEYS[i], 'epoch', 'partition', 'offset', 'timestamp')
  local is_newer = true
  if held[1] == epoch then
    if held[2] == partition then
      is_newer = tonumber(offset) > tonumber(held[3])
    elseif held[4] == timestamp then
      is_newer = tonumber(partition) > tonumber(held[2])
    else
      is_newer = tonumber(timestamp) > tonumber(held[4])
    end
  end
  if is_newer then
    written = written + 1
    redis.call('HSET', KEYS[i], 'epoch', epoch, 'partition', partition, 'offset', offset, 'timestamp', timestamp)
    if doc == '' then redis.call('HDEL', KEYS[i], 'doc') else redis.call('HSET', KEYS[i], 'doc', doc) end
    for j = 4, 7 do
      local score = ARGV[at + j + 1]
      if score == '' then redis.call('ZREM', KEYS[j], id) else redis.call('ZADD', KEYS[j], score, id) end
    end
  end
  at = at + 8
end
if next_offset > stored then
  stored = next_offset
  redis.call('HSET', offsets, partition, ARGV[3])
end
redis.call('HSET', ends, 'partitions', ARGV[4])
if ARGV[5] ~= '' then
  local at_end = now_ms - tonumber(ARGV[5])
  if at_end > tonumber(redis.call('HGET', ends, partition) or '0') then
    redis.call('HSET', ends, partition, string.format('%d', at_end))
  end
end
return {1, stored, written}
"""
)

#: How far the store is. Returns {ms since 1970, epoch or false, offsets, ends}.
PROGRESS = (
    _CLOCK
    + """
return {now_ms, redis.call('GET', KEYS[3]), redis.call('HGETALL', KEYS[1]), redis.call('HGETALL', KEYS[2])}
"""
)

#: Products, and how far the store is at the same moment.
#: Returns what PROGRESS does, and a list of {epoch, partition, offset, document}, a product key each.
READ = (
    _CLOCK
    + """
local products = {}
for i = 8, #KEYS do
  products[#products + 1] = redis.call('HMGET', KEYS[i], 'epoch', 'partition', 'offset', 'doc')
end
return {now_ms, redis.call('GET', KEYS[3]), redis.call('HGETALL', KEYS[1]), redis.call('HGETALL', KEYS[2]), products}
"""
)

#: A page of an index, and how far the store is at the same moment.
#: KEYS: the shared ones, the index. ARGV: what product keys begin with, asc or desc, how many, and the score and id
#: behind which it begins or nothing.
#: Returns what PROGRESS does, a list of {id, score, epoch, partition, offset, document}, and 1 if more follow.
PAGE = (
    _CLOCK
    + """
local function is_before(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end
local index, is_ascending, limit = KEYS[8], ARGV[2] == 'asc', tonumber(ARGV[3])
local size = redis.call('ZCARD', index)
local first = 0
if ARGV[4] then
  local score, id = ARGV[4], ARGV[5]
  local low = redis.call('ZCOUNT', index, '-inf', '(' .. score)
  local high = low + redis.call('ZCOUNT', index, score, score)
  while low < high do
    local middle = math.floor((low + high) / 2)
    local member = redis.call('ZRANGE', index, middle, middle)[1]
    local is_behind
    if is_ascending then is_behind = is_before(id, member) else is_behind = not is_before(member, id) end
    if is_behind then high = middle else low = middle + 1 end
  end
  if is_ascending then first = low else first = size - low end
end
local command = is_ascending and 'ZRANGE' or 'ZREVRANGE'
local ranked = redis.call(command, index, first, first + limit - 1, 'WITHSCORES')
local products = {}
for i = 1, #ranked, 2 do
  local held = redis.call('HMGET', ARGV[1] .. ranked[i], 'epoch', 'partition', 'offset', 'doc')
  products[#products + 1] = {ranked[i], ranked[i + 1], held[1], held[2], held[3], held[4]}
end
local more = 0
if first + limit < size then more = 1 end
local offsets, ends = redis.call('HGETALL', KEYS[1]), redis.call('HGETALL', KEYS[2])
return {now_ms, redis.call('GET', KEYS[3]), offsets, ends, products, more}
"""
)

#: Begins a new epoch: positions and indexes are empty, products are leftovers. ARGV: the epoch that it replaces, '' for
#: none. Returns 1, or 0 if another one is there by now.
BEGIN = (
    _CLOCK
    + """
if (redis.call('GET', KEYS[3]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[3], time[1] .. string.format('%06d', time[2]))
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[4], KEYS[5], KEYS[6], KEYS[7])
return 1
"""
)

#: Removes those products that are leftovers of another epoch. KEYS: the shared ones, products. Returns how many.
SWEEP = """
local epoch = redis.call('GET', KEYS[3])
local removed = 0
for i = 8, #KEYS do
  if epoch and redis.call('HGET', KEYS[i], 'epoch') ~= epoch then
    removed = removed + redis.call('UNLINK', KEYS[i])
  end
end
return removed
"""
