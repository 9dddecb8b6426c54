"""Where personal data stands in a text that is being masked."""

Span = tuple[int, int]

# What has been masked, in the working text: neither letter, digit, space nor punctuation, so that no
# pattern and no context reaches across it.
BLANK = "\0"


def blanked(plain: str, spans: list[Span]) -> str:
    """The text with blanks, as many as there were characters, in spans that are in order."""
    pieces: list[str] = []
    copied = 0
    for start, end in spans:
        pieces += plain[copied:start], BLANK * (end - start)
        copied = end
    return "".join(pieces) + plain[copied:]
