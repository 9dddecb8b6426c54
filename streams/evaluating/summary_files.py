"""Reviews with gold summaries, from a file or a directory in one of three published layouts.

- FewSum (Bražinskas et al. 2020): tab separated, unquoted, `rev1`... and `summ1`... of an item in a row.
- Opinosis (Ganesan et al. 2010): `topics/NAME.txt.data`, a sentence a line, and `summaries-gold/NAME/*.gold`.
- OPOSUM (Angelidis and Lapata 2018): `aspects/*.asp`, reviews in segments, and `summaries/*/all/*.txt`.
"""

import csv
import html
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from streams.errors import ConfigurationError

Layout = Literal["fewsum", "opinosis", "oposum"]


@dataclass(frozen=True, slots=True)
class SummaryItem:
    """What is written about one thing, and how people sum it up.

    Attributes:
        item_id: unlike any other's of the set.
        documents: reviews, or sentences of reviews where a set has no more.
        references: the gold summaries.
        language: ISO 639-1, of all of these.
    """

    item_id: str
    documents: tuple[str, ...]
    references: tuple[str, ...]
    language: str


class SummarySet(NamedTuple):
    """Items, and the layout they were read from."""

    layout: Layout
    items: tuple[SummaryItem, ...]


def read_summary_set(path: Path, language: str = "en") -> SummarySet:
    """Read reviews with gold summaries, in whichever of the layouts `path` has.

    Args:
        path: a file (FewSum), or a directory of FewSum's files or in the layout of Opinosis or OPOSUM.
        language: of all texts.

    Raises:
        ConfigurationError: it has none of the layouts, or a file in it is broken.
    """
    layout: Layout
    if (path / "summaries-gold").is_dir():
        layout, found = "opinosis", _opinosis(path, language)
    elif (path / "summaries").is_dir() and (path / "aspects").is_dir():
        layout, found = "oposum", _oposum(path, language)
    else:
        layout, found = "fewsum", _fewsum(path, language)
    items = tuple(found)
    if not items:
        raise ConfigurationError(
            f"evaluate summaries: {path}: wanted a tab-separated file with rev1... and summ1... (FewSum), or a "
            "directory with such files, with topics and summaries-gold (Opinosis), or with aspects and summaries "
            "(OPOSUM), got none"
        )
    return SummarySet(layout, items)


def _fewsum(path: Path, language: str) -> Iterator[SummaryItem]:
    files = [path] if path.is_file() else sorted([*path.glob("*.csv"), *path.glob("*.tsv")])
    for file in files:
        lines = _text_of(file).split("\n")
        csv.field_size_limit(sys.maxsize)
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        names = rows.fieldnames or ()
        reviews = [name for name in names if name.startswith("rev") and name[3:].isdigit()]
        summaries = [name for name in names if name.startswith("summ") and name[4:].isdigit()]
        if not reviews or not summaries:
            raise ConfigurationError(
                f"evaluate summaries: {file.name}: wanted tab-separated columns rev1... and summ1..., "
                f"got {', '.join(names)[:80] or 'nothing'}"
            )
        for row in rows:
            documents = tuple(row[name].strip() for name in reviews if (row[name] or "").strip())
            references = tuple(row[name].strip() for name in summaries if (row[name] or "").strip())
            if not documents or not references:
                raise ConfigurationError(
                    f"evaluate summaries: {file.name}, line {rows.line_num}: wanted reviews and gold summaries, "
                    f"got {len(documents)} and {len(references)}"
                )
            name = row.get("group_id") or str(rows.line_num)
            yield SummaryItem(f"{file.stem}/{name}", documents, references, language)


def _opinosis(directory: Path, language: str) -> Iterator[SummaryItem]:
    for topic in sorted((directory / "topics").glob("*.data")):
        name = topic.name.removesuffix(".data").removesuffix(".txt")
        lines = [html.unescape(line).strip() for line in _text_of(topic).split("\n")]
        documents = tuple(line for line in lines if any(map(str.isalnum, line)))
        gold = sorted((directory / "summaries-gold" / name).glob("*.gold"))
        references = tuple(" ".join(_text_of(file).split()) for file in gold)
        if not documents or not any(references):
            raise ConfigurationError(
                f"evaluate summaries: {topic.name}: wanted sentences and summaries-gold/{name}/*.gold, "
                f"got {len(documents)} and {len(references)}"
            )
        yield SummaryItem(name, documents, references, language)


def _oposum(directory: Path, language: str) -> Iterator[SummaryItem]:
    reviews = _oposum_reviews(directory)
    gold: dict[tuple[str, str], list[str]] = defaultdict(list)
    for file in sorted((directory / "summaries").glob("*/all/*.txt")):
        category, _, rest = file.name.partition(".")
        summary = " ".join(_text_of(file).split())
        if summary:
            gold[category, rest.partition(".")[0]].append(summary)
    for (category, product), references in gold.items():
        if product not in reviews:
            raise ConfigurationError(
                f"evaluate summaries: {category}/{product} has gold summaries, and no reviews in aspects/*.asp"
            )
        yield SummaryItem(f"{category}/{product}", tuple(reviews[product]), tuple(references), language)


def _oposum_reviews(directory: Path) -> dict[str, list[str]]:
    """Reviews by product; segments are put together with a space."""
    reviews: dict[str, list[str]] = defaultdict(list)
    for file in sorted((directory / "aspects").glob("*.asp")):
        for block in _text_of(file).strip().split("\n\n")[1:]:
            name, *lines = block.strip().split("\n")
            segments = [line.rpartition("\t")[0].strip() for line in lines]
            if not all(segments) or not segments:
                raise ConfigurationError(
                    f"evaluate summaries: {file.name}: wanted a segment, a tab and its aspects on every line of "
                    f"{name[:40]!r}"
                )
            reviews[name.rpartition("-")[0]].append(" ".join(segments))
    return reviews


def _text_of(file: Path) -> str:
    """UTF-8, or what Windows wrote before."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"evaluate summaries: {file} cannot be read: {error.strerror}") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    return text.replace("\r\n", "\n")
