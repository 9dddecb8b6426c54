"""Finds e-mail addresses, also those that are spelt out."""

import re
from collections.abc import Iterator

from models.personal_data.spans import Span

_LOCAL_PART = r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9](?:[A-Za-z0-9._%+'-]{0,63})"
_LABEL = r"[A-Za-z0-9][A-Za-z0-9-]{0,62}"
_MAIL_HOSTS = r"(?:gmail|googlemail|yahoo|hotmail|outlook|icloud|foxmail|sina|qq|163|126)"
_SPELT_DOT = r"(?:\.| ?[(\[{<] ?(?:dot|点|\.) ?[)\]}>] ?| dot |点)"
_COMMON_ENDS = r"(?:com|net|org|edu|cn|io|co\.uk)(?![A-Za-z0-9-])"
_EMAIL = re.compile(
    rf"{_LOCAL_PART}(?:@{_LABEL}(?:\.{_LABEL}){{0,8}}?\.(?!png|jpe?g|gif|svg|pdf)"
    rf"(?:xn--[a-z0-9-]{{2,50}}|[a-z]{{2,24}})(?![A-Za-z0-9-]|\.[A-Za-z0-9])"
    rf"|@{_LABEL}{_SPELT_DOT}{_COMMON_ENDS}"
    rf"| ?[(\[{{<] ?(?:at|@|艾特) ?[)\]}}>] ?{_LABEL}(?:{_SPELT_DOT}{_LABEL}){{0,4}}?{_SPELT_DOT}{_COMMON_ENDS}"
    rf"| at {_MAIL_HOSTS}{_SPELT_DOT}{_COMMON_ENDS}"
    rf"| ?(?:#|艾特) ?{_MAIL_HOSTS}{_SPELT_DOT}{_COMMON_ENDS})",
    re.IGNORECASE,
)
# "Got it @ walmart.com" is none: with spaces, it takes a word that announces it.
_SPACED_EMAIL = re.compile(
    rf"(?:mail|contact|reach|邮箱|邮件)[^\0\n]{{0,20}}?"
    rf"({_LOCAL_PART} ?@ ?{_LABEL}(?:\.{_LABEL}){{0,4}}?\.{_COMMON_ENDS})",
    re.IGNORECASE,
)
# What every address has one of. Begins with one set of characters because the engine skips to those fastest.
_MAY_HOLD = re.compile(rf"[@#艾(\[{{<aA](?i:(?<=[@#艾(\[{{<])|(?<= a)t {_MAIL_HOSTS})")


def emails(plain: str, _regions: tuple[str, ...]) -> Iterator[Span]:
    """Where they stand; those with spaces around the @ count only where there are no others."""
    if not _MAY_HOLD.search(plain):
        return
    spans = [match.span() for match in _EMAIL.finditer(plain)]
    yield from spans or (match.span(1) for match in _SPACED_EMAIL.finditer(plain))
