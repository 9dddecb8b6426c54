"""Finds WeChat names and QQ numbers."""

import re
from collections.abc import Iterator

from models.personal_data.spans import Span

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
