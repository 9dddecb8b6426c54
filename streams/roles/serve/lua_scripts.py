"""The Lua scripts of every store: each is one step for everybody who looks at Redis, and cannot be half done.

KEYS begin with `StoreKeys.shared`: offsets, ends, epoch and indexes. An *epoch* is one filling of a store; what is of
another epoch is a leftover.
"""

CLOCK = """
local time = redis.call('TIME')
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
"""

#: How a script begins that writes the records of one partition from offset `from` up to `next`.
#: ARGV: partition, from, next, number of partitions, ms since the end was seen or ''.
#: Returns {0, position}, nothing written, if Redis lacks what comes before.
ADVANCE = (
    CLOCK
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
"""
)

#: How it ends: the partition's position moves with what was written. Returns {1, position, written}.
ADVANCED = """
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

#: Writes products, each only if it is newer; see ADVANCE and ADVANCED.
#: ARGV: what ADVANCE wants, then for each product key: its id, offset, timestamp, document or '', and a score or '' for
#: each index.
APPLY = (
    ADVANCE
    + """
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
"""
    + ADVANCED
)

#: How far the store is. Returns {ms since 1970, epoch or false, offsets, ends}.
PROGRESS = (
    CLOCK
    + """
return {now_ms, redis.call('GET', KEYS[3]), redis.call('HGETALL', KEYS[1]), redis.call('HGETALL', KEYS[2])}
"""
)

#: Products, and how far the store is at the same moment.
#: Returns what PROGRESS does, and a list of {epoch, partition, offset, document}, a product key each.
READ = (
    CLOCK
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
    CLOCK
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
    CLOCK
    + """
if (redis.call('GET', KEYS[3]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[3], time[1] .. string.format('%06d', time[2]))
redis.call('UNLINK', KEYS[1], KEYS[2])
for i = 4, #KEYS do redis.call('UNLINK', KEYS[i]) end
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

#: Writes reviews: each leaves the lists that it was in and is put into those of its row; see ADVANCE and ADVANCED, and
#: `streams.roles.serve.review_lists` for rows and lists. Records before the position were written by somebody else.
#: ARGV: what ADVANCE wants, what the keys of all epochs begin with, then for each review: its offset, its product's id,
#: its own and its row, or '' if it is not counted.
APPLY_REVIEWS = (
    ADVANCE
    + """
local function entries(id, row)
  local listed, written_at, at = {}, string.sub(row, 1, 8), 9
  while at <= #row do
    local size = 7 + 256 * string.byte(row, at + 5) + string.byte(row, at + 6)
    listed[#listed + 1] = string.sub(row, at, at + size - 1) .. written_at .. id
    at = at + size
  end
  return listed
end
local base = ARGV[6] .. epoch
for at = 7, #ARGV, 4 do
  local product, id, row = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local rows, lists = base .. ':rows:' .. product, base .. ':lists:' .. product
  local held = redis.call('HGET', rows, id) or ''
  if tonumber(ARGV[at]) >= stored and held ~= row then
    written = written + 1
    for _, entry in ipairs(entries(id, held)) do redis.call('ZREM', lists, entry) end
    for _, entry in ipairs(entries(id, row)) do redis.call('ZADD', lists, 0, entry) end
    if row == '' then redis.call('HDEL', rows, id) else redis.call('HSET', rows, id, row) end
  end
end
"""
    + ADVANCED
)

#: A page of a list of reviews, and how far the store is at the same moment.
#: ARGV: what the keys of all epochs begin with, the product's id, what the list's entries begin with, how many, and the
#: rest of the entry behind which the page begins, or ''.
#: Returns what PROGRESS does, the length of the list, and as many entries without their beginning and one more if there
#: are more.
PAGE_REVIEWS = (
    CLOCK
    + """
local epoch = redis.call('GET', KEYS[3])
local lists, list = ARGV[1] .. (epoch or '') .. ':lists:' .. ARGV[2], ARGV[3]
local behind = '(' .. list .. (ARGV[5] == '' and '\\255' or ARGV[5])
local total = redis.call('ZLEXCOUNT', lists, '[' .. list, '(' .. list .. '\\255')
local page = redis.call('ZREVRANGEBYLEX', lists, behind, '[' .. list, 'LIMIT', 0, ARGV[4] + 1)
for i = 1, #page do page[i] = string.sub(page[i], #list + 1) end
return {now_ms, epoch, redis.call('HGETALL', KEYS[1]), redis.call('HGETALL', KEYS[2]), total, page}
"""
)

#: Removes those lists and rows that are leftovers of another epoch. KEYS: the shared ones, lists and rows.
#: ARGV: what the keys of all epochs begin with. Returns how many.
SWEEP_REVIEWS = """
local epoch = redis.call('GET', KEYS[3])
local removed = 0
local current = ARGV[1] .. (epoch or '') .. ':'
for i = 4, #KEYS do
  if epoch and string.sub(KEYS[i], 1, #current) ~= current then
    removed = removed + redis.call('UNLINK', KEYS[i])
  end
end
return removed
"""
