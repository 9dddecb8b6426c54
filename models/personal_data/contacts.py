"""Finds e-mail addresses, also those that are spelt out, WeChat names, QQ numbers, and names at other messengers."""

import re
from collections.abc import Iterator

from models.personal_data.working_text import Span
from models.text.signs import Signs

# Letters of all scripts that are written with spaces between words: of others, words would stick to an address.
_LETTERS = (
    r"A-Za-z0-9\u00aa\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0300-\u052f\u0531-\u0587\u05d0-\u05ea"
    r"\u0620-\u065f\u0900-\u0dff\u0e00-\u0e7f\u10a0-\u10ff\u1e00-\u1fff\uac00-\ud7af"
)
_HAN = r"\u4e00-\u9fff"
_LOCAL_PART = rf"(?<![{_LETTERS}._%+-])[{_LETTERS}](?:[{_LETTERS}._%+'-]{{0,63}})"
_LABEL = rf"[{_LETTERS}][{_LETTERS}-]{{0,62}}"
_MAIL_HOSTS = r"(?:gmail|googlemail|yahoo|hotmail|outlook|icloud|foxmail|sina|qq|163|126)"
_SPELT_DOT = r"(?:[.。｡]| ?[(\[{<] ?(?:dot|点|\.) ?[)\]}>] ?| dot |点)"
_ENDS_LABEL = rf"(?![{_LETTERS}-])"
_COMMON_ENDS = rf"(?:com|net|org|edu|cn|io|co\.uk){_ENDS_LABEL}"
_HAN_ENDS = (
    r"(?:中国|中國|公司|网络|網絡|广告|在线|中文网|我爱你|集团|商城|网址|信息|香港|台湾|台灣|新加坡|手机|移动|网站|游戏|商标|娱乐"
    r"|购物|餐厅|企业|健康|机构|微博|公益|政务)"
)
_EMAIL = re.compile(
    rf"{_LOCAL_PART}(?:@{_LABEL}(?:\.{_LABEL}){{0,8}}?\.(?!png|jpe?g|gif|svg|pdf)"
    rf"(?:xn--[a-z0-9-]{{2,50}}|[a-z]{{2,24}}|[\u0370-\u1fff\uac00-\ud7af]{{2,20}})(?![{_LETTERS}-]|\.[A-Za-z0-9])"
    rf"|@{_LABEL}{_SPELT_DOT}{_COMMON_ENDS}"
    rf"|@(?:[{_LETTERS}{_HAN}-]{{1,63}}\.){{1,4}}(?:{_HAN_ENDS}|(?:com|net|cn|org){_ENDS_LABEL})"
    rf"| ?[(\[{{<] ?(?:at|@|艾特) ?[)\]}}>] ?{_LABEL}(?:{_SPELT_DOT}{_LABEL}){{0,4}}?{_SPELT_DOT}{_COMMON_ENDS}"
    rf"| at {_MAIL_HOSTS}{_SPELT_DOT}{_COMMON_ENDS}"
    rf"| ?(?:#|艾特) ?{_MAIL_HOSTS}{_SPELT_DOT}{_COMMON_ENDS})",
    re.IGNORECASE,
)
_HAN_EMAIL = re.compile(
    rf"[{_HAN}]{{1,16}}@(?:[{_LETTERS}{_HAN}-]{{1,63}}\.){{1,4}}(?:{_HAN_ENDS}|(?:com|net|cn|org){_ENDS_LABEL})"
)
# "Got it @ walmart.com" is none: it takes a word that announces it, or spaces around the dots too.
_SPACED_EMAIL = re.compile(
    rf"(?:mail|contact|reach|邮箱|邮件)[^\0\n]{{0,20}}?"
    rf"({_LOCAL_PART} ?@ ?{_LABEL}(?: ?\. ?{_LABEL}){{0,4}}? ?\. ?{_COMMON_ENDS})",
    re.IGNORECASE,
)
_WIDELY_SPACED_EMAIL = re.compile(
    rf"(?<![{_LETTERS}.])(?:{_LABEL} \. ){{0,2}}{_LOCAL_PART} @ {_LABEL}(?: \. {_LABEL}){{0,3}}? \. {_COMMON_ENDS}",
    re.IGNORECASE,
)
# What every address has one of. Begins with one set of characters because the engine skips to those fastest.
_MAY_HOLD = re.compile(rf"[@#艾(\[{{<aA](?i:(?<=[@#艾(\[{{<])|(?<= a)t {_MAIL_HOSTS})")


def emails(plain: str, _regions: tuple[str, ...]) -> Iterator[Span]:
    """Where they stand; those in Chinese, and with spaces around the @, count only where there are no others."""
    if _MAY_HOLD.search(plain):
        spans = [match.span() for match in _EMAIL.finditer(plain)]
        if not plain.isascii():
            spans = spans or [match.span() for match in _HAN_EMAIL.finditer(plain)]
        if " @ " in plain:
            spans = spans or [match.span() for match in _WIDELY_SPACED_EMAIL.finditer(plain)]
        yield from spans or (match.span(1) for match in _SPACED_EMAIL.finditer(plain))


_SEPARATOR = r"[ :：=(（#-]"
_WECHAT_NAME = r"[A-Za-z][A-Za-z0-9_-]{5,19}|1[3-9]\d{9}"
_NAME_ENDS = r"(?![A-Za-z0-9_-])"
# Only a name with a digit or underscore stands out from the words around it.
_MARKED_WECHAT_NAME = r"(?=[A-Za-z-]{0,19}[0-9_])(?:[A-Za-z][A-Za-z0-9_-]{5,19}|1[3-9]\d{9})"
_WECHAT = re.compile(
    # Said to be a name: a name of any form.
    rf"(?:(?:微信|威信|薇信|卫星|\bv信)(?:号码?|id|账号|联系)?(?: ?[:：] ?|[是为] ?)"
    rf"|(?:微信|威信|薇信)(?:号码?|id|账号) ?"
    rf"|[加+➕] ?我?的?(?:(?:微信?|威信?|薇信?)号?(?: ?[:：] ?)|v信?(?: ?[:：] ?))"
    rf"|\b(?:my (?:wechat|weixin)(?: is)?|(?:wechat|weixin) (?:id|account|no\.?|number)"
    rf"|add (?:me on|my|his|her) (?:wechat|weixin))"
    rf"(?: is)?{_SEPARATOR}{{1,3}})(?P<said>{_WECHAT_NAME}){_NAME_ENDS}"
    # Only near the word: a name that looks like one.
    rf"|(?:(?:wechat|weixin|(?<![A-Za-z0-9])(?:v ?x|wx|v(?=:)))(?: ?[:：=] ?| ?[(（]|[是为 ]|(?<=[vw]x)(?=1))|微:|微信 "
    rf"|[加+➕] ?(?:我?的?微信?|v信?(?= )) ?|(?:威信|薇信|v信) ?)(?P<marked>{_MARKED_WECHAT_NAME}){_NAME_ENDS}"
    rf"|微信(?P<phone>1[3-9]\d{{9}}){_NAME_ENDS}",
    re.IGNORECASE,
)
# What stands before every name. Begins with one set of characters because the engine skips to those fastest.
_MAY_HOLD_WECHAT = re.compile(
    r"[微威薇卫加+➕vVwW](?i:(?<=[微威薇卫])|(?<=[加+➕]) ?我?的?[微威薇v]"
    r"|(?<=v)(?: ?x|[信:])|(?<=w)(?:x|e(?:chat|ixin)))"
)
_QQ = re.compile(
    r"(?:(?<![A-Za-z])(?:qq|q(?=群))|扣扣|扣(?=[ :]{0,2}\d{9})|企鹅|[加+➕]我?(?:q|扣))"
    r"(?:群|号|码|号码| ?(?:group|number|id|is)){0,3}"
    rf"(?:{_SEPARATOR}|[是为]){{0,3}}(?P<number>[1-9]\d{{4,10}}|[1-9]\d{{2,3}}(?: \d{{3,4}}){{1,2}})"
    r"(?![0-9A-Za-z_]|[.-][0-9]| ?(?:公里|千米|元|块|万|个|次|人|年|首|km\b|miles\b|songs\b))",
    re.IGNORECASE,
)


def wechat_names(plain: str, _regions: tuple[str, ...]) -> Iterator[Span]:
    """Where they stand: of any form after words that say so, else only those that look like names."""
    if _MAY_HOLD_WECHAT.search(plain):
        yield from (match.span(match.lastgroup or 0) for match in _WECHAT.finditer(plain))


def qq_numbers(plain: str, _regions: tuple[str, ...]) -> Iterator[Span]:
    """Where they stand, of people and of groups, after a word for QQ."""
    return (match.span("number") for match in _QQ.finditer(plain))


_MESSENGERS = (
    r"telegram|whats ?app|skype|viber|discord|kakao(?: ?talk)?|snapchat|kik|tg"
    r"|(?:signal|line)(?= ?(?:id|[:：]|user))|电报|飞机(?=号|[:：])"
)
_MESSENGER = re.compile(
    # A link: the name behind it goes, what kind of link it is stays.
    r"\b(?:t(?:elegram)?\.(?:me|dog)/(?:joinchat/|\+)?|chat\.whatsapp\.com/|wa\.me/(?:qr/|message/)?\+?)"
    r"(?P<link>[A-Za-z0-9_-]{4,40})"
    rf"|(?<![A-Za-z])(?:{_MESSENGERS})(?![a-z])(?:"
    r"[^\0\n.!?。！？@]{0,20}(?P<at>@[A-Za-z][A-Za-z0-9_.]{2,31}(?<!\.))"
    r"|(?: ?(?:id|handle|user ?name|nick(?:name)?|name|account|号码?|账号|用户名))(?: ?(?:is|[:：=是为]))? ?"
    r"(?P<named>[A-Za-z][A-Za-z0-9_.]{3,31}(?<!\.))"
    r"|(?: ?(?:me|us|is|at|on|[:：=是为-])){1,2} ?"
    r"(?P<marked>(?=[A-Za-z.]{0,30}[0-9_])[A-Za-z][A-Za-z0-9_.]{3,31}(?<!\.)))"
    # Elsewhere only a name that somebody calls his own.
    r"|(?:\bmy (?:instagram|insta|ig|twitter|facebook|fb|tiktok|x)(?: (?:handle|account|name|page))?(?: is|:)?"
    r"|我的(?:微博|抖音|小红书|ins|推特)(?:号|账号|名)?(?:是|[:：])?) ?(?P<own>@[A-Za-z][A-Za-z0-9_.]{2,31}(?<!\.))",
    re.IGNORECASE,
)
_NO_NAMES = frozenset(
    [
        "works",
        "work",
        "well",
        "great",
        "good",
        "name",
        "names",
        "number",
        "that",
        "with",
        "account",
        "only",
        "user",
    ]
)
# One of these is in every text that names one, but for those with an @.
MESSENGER_SIGNS = Signs(
    "telegram telegrams whatsapp whats skype viber discord kakao kakaotalk snapchat kik signal line tg",
    "t.me/",
    "wa.me/",
    "telegram.",
    "电报",
    "飞机",
)


def messenger_names(plain: str, _regions: tuple[str, ...]) -> Iterator[Span]:
    """Where names at Telegram, WhatsApp and the like stand, without what says that they are names."""
    if "@" in plain or MESSENGER_SIGNS.are_in(plain):
        for match in _MESSENGER.finditer(plain):
            if match[match.lastgroup or 0].lower() not in _NO_NAMES:
                yield match.span(match.lastgroup or 0)
