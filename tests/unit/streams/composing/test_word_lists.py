"""Lists of words and patterns that lie beside the code."""

import re
from pathlib import Path

import pytest

import streams
from streams.composing.word_lists import any_pattern, any_word

ROOT = Path(streams.__file__).parent
NAMES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("*/*.txt"))


@pytest.mark.parametrize("name", NAMES)
def test_every_list_can_be_read_and_is_used(name: str) -> None:
    """A pattern that is met by nothing at all would find fault with every text; a list that nobody reads is dead."""
    assert any_pattern(name, re.IGNORECASE).search("") is None
    assert any_word(name).search("") is None
    code = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("*/*.py"))
    assert f'"{name}"' in code


def test_words_stand_whole_where_a_language_parts_them() -> None:
    """In any case; Chinese ones stand anywhere."""
    found = any_word("evaluating/criticism.txt").findall("BAD badly badge 太不满意了")
    assert found == ["BAD", "不满"]


def test_names_stand_for_patterns() -> None:
    """What is named once is meant wherever the name stands; comments are no patterns."""
    denied = any_pattern("composing/denied_faults.txt", re.IGNORECASE)
    assert denied.search("It does not wobble")
    assert denied.search("It wobbles") is None
    assert denied.search("never a scratch")
    assert denied.search("一点也不掉色")
    assert denied.search("FAULTS_EN") is None


def test_there_are_lists() -> None:
    """Of both rooms that have some."""
    assert {name.split("/")[0] for name in NAMES} >= {"composing", "evaluating"}
