"""How often short texts get the wrong language: English ones of data sets, and short reviews in six other languages.

    python -m tests.bench.languages ../shared/data

reads the Kotzias, OPOSUM and FewSum sets there. Headings are the clauses of one to four words that the texts hold.
"""

import argparse
import csv
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from models.text.language import LanguageIdentifier

SHORT_REVIEWS = Path(__file__).parents[1] / "unit/models/text/short_reviews.tsv"
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_CLAUSE_END = re.compile(r"[.!?,;:()]+|\s-+\s|\s&\s")
_WORD = re.compile(r"[^\W\d_]+")
_LETTERS = re.compile("[A-Za-z]{2}")
_SEGMENT = re.compile(r"[+\-0]\t(.*)")
_MOST_HEADING_WORDS = 4


def english_texts(data: Path) -> Mapping[str, Sequence[str]]:
    """English texts of data sets, by what they are."""
    sentences = [
        line.rpartition("\t")[0].strip()
        for file in sorted((data / "kotzias").glob("*_labelled.txt"))
        for line in file.read_text(encoding="utf-8").split("\n")
        if "\t" in line
    ]
    segments = [
        found[1]
        for file in sorted((data / "oposum/polarities/discrete").glob("*.lbl"))
        for line in file.read_text(encoding="utf-8", errors="replace").split("\n")
        if (found := _SEGMENT.fullmatch(line))
    ]
    reviews = [review for file in sorted((data / "fewsum").glob("*.csv")) for review in _fewsum(file)]
    return {
        "sentences (Kotzias)": sentences,
        "segments of sentences (OPOSUM)": segments,
        "reviews (FewSum)": reviews,
        "sentences of those": [known for review in reviews for known in _SENTENCE_END.split(review)],
        "headings of 1 to 4 words, cut from all": sorted(set(_headings([*sentences, *segments, *reviews]))),
    }


def _fewsum(file: Path) -> Iterator[str]:
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            yield from (text for name, text in row.items() if re.fullmatch(r"rev\d", name) and text)


def _headings(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        for clause in map(str.strip, _CLAUSE_END.split(text)):
            if 1 <= len(_WORD.findall(clause)) <= _MOST_HEADING_WORDS and _LETTERS.search(clause):
                yield clause


def main(arguments: list[str] | None = None) -> None:
    """Measure and print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path, help="directory of the data sets")
    options = parser.parse_args(arguments)
    shops = [LanguageIdentifier(()), LanguageIdentifier(("en",))]
    rows = [
        [name, f"{len(texts):,}", *(_share(shop, texts, hint) for shop, hint in _asked(shops))]
        for name, texts in english_texts(options.data).items()
    ]
    short = [line.split("\t") for line in SHORT_REVIEWS.read_text(encoding="utf-8").splitlines()]
    foreign = [text for _, text in short]
    taken = [
        f"{sum(shop.identify(text, hint).code == 'en' for text in foreign) / len(foreign):.1%}"
        for shop, hint in _asked(shops)
    ]
    head = ["English texts that are taken for another", "texts", "no setting", "shop en", "shop and event en"]
    rows.append(["others that are taken for English", f"{len(foreign)}", *taken])
    table = [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]
    sys.stdout.write("\n".join(table) + "\n")


def _asked(shops: Sequence[LanguageIdentifier]) -> list[tuple[LanguageIdentifier, str | None]]:
    return [(shops[0], None), (shops[1], None), (shops[1], "en")]


def _share(shop: LanguageIdentifier, texts: Sequence[str], hint: str | None) -> str:
    return f"{sum(shop.identify(text, hint).code != 'en' for text in texts) / len(texts):.2%}"


if __name__ == "__main__":
    main()
