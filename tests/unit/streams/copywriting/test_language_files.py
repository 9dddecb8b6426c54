"""A language is a data file and its tests: each has what the others have, and every pattern can be filled."""

import re

import pytest

from schemas.copywriting import CopyRequest
from streams.copywriting.kinds import kinds
from streams.copywriting.language import language, languages
from streams.copywriting.wishes import TONES

PLACES = {
    "1", "2", "3", "a", "action", "answer", "aspect", "audience", "b", "brand", "caption", "category", "comment",
    "count", "disliked", "interest", "it", "it_object", "items", "last", "liked", "name", "negated", "other", "price",
    "question", "quote", "rest", "season", "sentence", "stars", "subject", "tag", "tags", "text", "title", "titles",
    "value", "who",
}  # fmt: skip
#: Tables that every language needs beside its grammar.
TABLES = [
    "text",
    "reviews",
    "reason",
    "ad",
    "comparison",
    "review_draft",
    "scenario",
    "reply",
    "faq",
    "answer",
    "caption",
    "frame",
    "season",
    "aspects",
    "polarity",
    "units",
    "values",
]


def texts(code: str, path: str) -> list[str]:
    """All texts below a path."""
    found = list(language(code).options(path))
    return found + [text for name in language(code).names(path) for text in texts(code, f"{path}.{name}")]


@pytest.mark.parametrize("code", list(languages()))
def test_every_language_has_every_table(code: str) -> None:
    """And a lead in every tone."""
    assert [table for table in TABLES if not language(code).names(table)] == []
    assert [tone for tone in TONES if not language(code).options(f"lead.{tone}.vp")] == []


@pytest.mark.parametrize("code", list(languages()))
def test_patterns_have_only_places_that_are_filled(code: str) -> None:
    """A typing mistake in a pattern would end a text."""
    known = language(code)
    for table in ["sentence", "lead", "unknown", "attribute", *TABLES]:
        for text in texts(code, table):
            assert set(re.findall(r"\{(\w+)", text)) <= PLACES, text
            assert text.count("[") == text.count("]"), text
    for concept in known.names("attribute"):
        for shape in known.names(f"attribute.{concept}"):
            if shape not in {"names", "question"}:
                for pattern in known.options(f"attribute.{concept}.{shape}"):
                    assert re.match(r"(?:vp|np|cl): \S", pattern), (concept, pattern)
                    assert "{value" in pattern or shape in {"yes", "no"}, (concept, pattern)


@pytest.mark.parametrize("code", list(languages()))
def test_no_two_attributes_have_the_same_name(code: str) -> None:
    """Else one of them is never found."""
    names = [
        name.casefold()
        for concept in language(code).names("attribute")
        for name in language(code).options(f"attribute.{concept}.names")
    ]
    assert sorted({name for name in names if names.count(name) > 1}) == []


@pytest.mark.parametrize("code", list(languages()))
def test_units_and_values_of_a_language_are_known_in_the_others(code: str) -> None:
    """So that numbers and colours can be put into it."""
    for table in ("units", "values"):
        assert set(language(code).names(table)) == set(language("en").names(table))


def test_every_kind_says_what_it_reads() -> None:
    """Of the fields that a request has."""
    for kind in kinds().values():
        assert set(kind.inputs) <= set(CopyRequest.model_fields), kind.name
