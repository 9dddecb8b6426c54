"""What a model wrote is told only if its evidence says it: cases by hand, most of them of the evidence's words."""

from pathlib import Path
from typing import NamedTuple

import pytest

from streams.composing.phrase_faults import phrase_faults
from streams.composing.publishable import problems


class Case(NamedTuple):
    """A sentence on its evidence: whether that says it too."""

    language: str
    is_faithful: bool
    kind: str
    evidence: tuple[str, ...]
    sentence: str

    @property
    def faults(self) -> list[str]:
        return phrase_faults(self.sentence, self.evidence, self.language) + problems(
            self.sentence, self.language
        )


def cases(language: str) -> list[Case]:
    """The cases of a file: yes or no, what is looked at, quotes, sentence."""
    file = Path(__file__).with_name(f"phrase_cases_{language}.tsv")
    rows = [line.split("\t") for line in file.read_text(encoding="utf-8").splitlines()]
    return [
        Case(language, verdict == "yes", kind, tuple(evidence.split(" || ")), sentence)
        for verdict, kind, evidence, sentence in rows
    ]


CASES = [*cases("en"), *cases("zh")]


@pytest.mark.parametrize("case", [one for one in CASES if not one.is_faithful], ids=str)
def test_what_the_evidence_does_not_say_is_refused(case: Case) -> None:
    assert case.faults


@pytest.mark.parametrize("case", [one for one in CASES if one.is_faithful], ids=str)
def test_what_the_evidence_says_is_told(case: Case) -> None:
    assert case.faults == []
