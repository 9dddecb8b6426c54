"""Takes mark-up out of a text: HTML entities become what they stand for, tags the end of a sentence or nothing."""

import html
import re
from collections.abc import Iterator

from models.text.offsets import Edit, EditedText

_MOST_ATTRIBUTES = 20
_BLOCKS = frozenset(
    re.findall(
        r"\w+",
        """
        address article aside blockquote br caption center dd div dl dt fieldset figcaption figure footer form h1 h2 h3
        h4 h5 h6 header hr li main nav ol option p pre section select table tbody td tfoot th thead tr ul
        """,
    )
)
_INLINE = frozenset(
    re.findall(
        r"[\w:]+",
        """
        a abbr acronym audio b bdi bdo big body button cite code del dfn em embed font head html i iframe img input ins
        kbd label link mark meta o:p object path picture q s samp small source span strike strong sub sup svg time tt u
        var video wbr
        """,
    )
)

# However often it was encoded: each time the "&" became "&amp;". Without a semicolon only what nobody writes.
_ENTITY = re.compile(
    r"&(?:amp;|#38;|#x26;){0,50}"
    r"(?:(?P<high>#(?:5529[6-9]|55[3-9]\d\d|56[0-2]\d\d|5631\d);)&(?:amp;){0,50}(?P<low>#5[67]\d\d\d;)"
    r"|(?P<body>#\d{1,7};?|#[xX][0-9A-Fa-f]{1,6};?|[A-Za-z][A-Za-z0-9]{1,31};"
    r"|(?:amp|lt|gt|quot|apos|nbsp)(?![A-Za-z0-9=;])))"
)
_ATTRIBUTE = r"\s{1,20}[\w:.-]{1,60}\s?=\s?(?:\\?\"[^\"<>]{0,2000}\"|\\?'[^'<>]{0,2000}'|[^\s\"'<>]{1,2000})"
# Names are checked below, so that "<3", "<grin>" and "a < b" stay.
_TAG = re.compile(
    r"<(?:(?P<hidden>script|style)\b[^<>]{0,1000}>.{0,5000}?</(?P=hidden)\s{0,20}>|!--.{0,5000}?-->"
    rf"|/?(?P<name>[A-Za-z][A-Za-z0-9:]{{0,10}})(?:{_ATTRIBUTE}){{0,{_MOST_ATTRIBUTES}}}\s{{0,20}}/?>)",
    re.IGNORECASE | re.DOTALL,
)


def without_markup(text: EditedText) -> EditedText:
    r"""The text as a browser shows it, but for the space around lines.

    >>> without_markup(EditedText("It isn&amp;#39;t loud.<br />Itchy &lt;3")).text
    "It isn't loud.\nItchy <3"
    """
    if "&" in text.text:
        text = text.edited(_decoded(text.text))
    if "<" in text.text:
        text = text.edited(_untagged(text.text))
    return text


def _decoded(text: str) -> Iterator[Edit]:
    for entity in _ENTITY.finditer(text):
        if entity["high"]:
            character = _from_halves(entity["high"], entity["low"])
        else:
            written = f"&{entity['body']}"
            character = html.unescape(written if written.endswith(";") else f"{written};")
            if len(character) > 2:  # no entity of HTML stands for more
                continue
        yield Edit(*entity.span(), character)


def _from_halves(high: str, low: str) -> str:
    """The character beyond 16 bits that was written as its two halves in UTF-16, as emoji are by old databases."""
    halves = (int(high[1:-1]), int(low[1:-1]))
    return b"".join(half.to_bytes(2, "little") for half in halves).decode("utf-16-le", "replace")


def _untagged(text: str) -> Iterator[Edit]:
    for tag in _TAG.finditer(text):
        name = (tag["name"] or "").lower()
        if name in _BLOCKS:
            yield Edit(*tag.span(), "\n")
        elif name in _INLINE or not name:
            yield Edit(*tag.span(), "")
