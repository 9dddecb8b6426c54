"""The project's documents as tests read them: fenced blocks, links, inline code and marked tables."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = tuple(
    sorted(path.relative_to(ROOT).as_posix() for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
)
_FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]]+\]\((?P<target>[^)\s]+)\)")
_INLINE = re.compile(r"`([^`\n]+)`")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_NOT_RUN = re.compile(r"<!-- not run: (?P<why>[^>]+) -->\n\Z")


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        before: the document's text in front of it.
        not_run: why it is not run, as the comment before it says; None where there is no such comment.
    """

    document: str
    line: int
    language: str
    text: str
    before: str
    not_run: str | None

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


@cache
def text_of(document: str) -> str:
    """A document as it is."""
    return (ROOT / document).read_text(encoding="utf-8")


@cache
def prose_of(document: str) -> str:
    """A document without its fenced blocks."""
    return _FENCE.sub("", text_of(document))


def blocks() -> Iterator[Block]:
    """Every fenced block of every document."""
    for document in DOCUMENTS:
        text = text_of(document)
        for match in _FENCE.finditer(text):
            before = text[: match.start()]
            reason = _NOT_RUN.search(before)
            yield Block(
                document,
                before.count("\n") + 1,
                match["language"],
                match["text"],
                before,
                reason["why"] if reason else None,
            )


def links(document: str) -> list[str]:
    """The targets of a document's links."""
    return [match["target"] for match in _LINK.finditer(prose_of(document))]


def inline_code(document: str) -> list[str]:
    """What stands between single backticks."""
    return _INLINE.findall(prose_of(document))


def anchors(document: str) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them.

    >>> sorted(anchors("README.md"))[0]
    'documents'
    """
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(prose_of(document)))
    return {heading.strip().replace(" ", "-") for heading in plain}


def marked(document: str, name: str) -> str:
    """What stands between the comments `<!-- name: ... -->` and `<!-- /name -->`."""
    return text_of(document).split(f"<!-- {name}:", 1)[1].split("-->", 1)[1].split(f"<!-- /{name} -->", 1)[0]


def rows(document: str, name: str) -> list[list[str]]:
    """The cells of a marked table, without its head; code is taken out of its backticks."""
    lines = [line for line in marked(document, name).splitlines() if line.startswith("|")]
    return [[cell.strip().replace("`", "") for cell in line[1:-1].split("|")] for line in lines[2:]]
