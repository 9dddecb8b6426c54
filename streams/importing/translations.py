"""Texts that a platform translated: what was written is found again between its marks."""

import re

_TRANSLATED = (
    r"\((?:Translated by Google|Übersetzt von Google|Traduit par Google|Traducido por Google|Traduzido pelo Google|"
    r"Tradotto da Google|Vertaald door Google|由 ?Google ?翻译|由 ?Google ?提供翻譯|Google による翻訳)\)"
)
_ORIGINAL = r"\((?:Original|Originale|Origineel|Avis d[’']origine|原文|原始评论|原始評論)\)"
_MARK = re.compile(_TRANSLATED)
_AFTER_TRANSLATION = re.compile(rf"\s*{_TRANSLATED}.*?{_ORIGINAL}\s*(?P<original>\S.*)", re.DOTALL)
_BEFORE_TRANSLATION = re.compile(rf"(?P<original>.*?\S)\s*{_TRANSLATED}.*", re.DOTALL)


def original_text(cell: object) -> object:
    """What was written in a cell; see `original_of`."""
    return original_of(cell) if isinstance(cell, str) else cell


def original_of(text: str) -> str:
    r"""What was written, of a text that holds its translation too; another text as it is.

    Of a translation whose original is not there the mark goes, and the translation stays.

    >>> original_of("(Translated by Google) Good lamp\n\n(Original)\nGute Lampe")
    'Gute Lampe'
    >>> original_of("Gute Lampe\n\n(Translated by Google)\nGood lamp")
    'Gute Lampe'
    >>> original_of("(Translated by Google) Good lamp"), original_of("A lamp (Original)")
    ('Good lamp', 'A lamp (Original)')
    """
    if "Google" not in text:
        return text
    found = _AFTER_TRANSLATION.fullmatch(text) or _BEFORE_TRANSLATION.fullmatch(text)
    return found["original"].strip() if found else _MARK.sub("", text, count=1).strip() or text
