"""Measuring the generate role: what is drained, what its texts say, and what a run reports."""

import orjson
import pytest

from models.generation import generator
from models.generation.decoding import Written
from models.generation.interfaces import Phrase, PhraseRequest
from streams.errors import FatalError
from tests.bench.ours.tokens import TokenCount
from tests.bench.ours.writing import Account, AccountedPhraser
from tests.bench.snapshots import draw_reviews, multiplied
from tests.bench.summaries_report import SummariesReport
from tests.bench.texts import recount_texts

MACHINE = {"cpu": "a cpu", "cores": 2, "date": "2026-01-01", "versions": {"torch": "2"}}


def text(product_id: str, *methods: str) -> bytes:
    return orjson.dumps({"product_id": product_id, "claims": [{"method": one} for one in methods]})


def test_a_lost_text_fails_the_run() -> None:
    """What loses texts is not fast."""
    with pytest.raises(FatalError, match="lost 1 of 2"):
        recount_texts({}, [text("a")], {"a", "b"}, is_once=True)


def test_a_repeated_text_fails_the_run_only_under_exactly_once() -> None:
    """At least once may repeat, and each product counts once."""
    twice = [text("a"), text("a")]
    with pytest.raises(FatalError, match="repeated 1"):
        recount_texts({}, twice, {"a"}, is_once=True)
    assert recount_texts({}, twice, {"a"}, is_once=False).texts == 1


def test_a_text_that_nobody_asked_for_fails_the_run() -> None:
    with pytest.raises(FatalError, match="made up 1"):
        recount_texts({}, [text("a"), text("b")], {"a"}, is_once=True)


def test_templates_do_not_pass_for_the_generators_work() -> None:
    """A generator that runs out of time is fast, and its texts show it."""
    drained = recount_texts({}, [text("a", "generated", "template"), text("b", "template", "template")],
                            {"a", "b"}, is_once=True)  # fmt: skip
    assert drained.generated_share == 0.25


def test_products_differ_and_are_the_same_every_time() -> None:
    """No two products have the same reviews, and two runs measure the same."""
    texts = [tuple(one.text for one in draw_reviews(number)) for number in range(30)]
    assert len(set(texts)) == 30
    assert texts[7] == tuple(one.text for one in draw_reviews(7))


def test_more_of_the_same_snapshots_are_of_other_products() -> None:
    """Of two snapshots of one product only the latest would be phrased."""
    made = multiplied([(b"p", orjson.dumps({"product_id": "p", "generation": 1}))], 3)
    assert [key for key, _ in made] == [b"p-0", b"p-1", b"p-2"]
    assert [orjson.loads(value)["product_id"] for _, value in made] == ["p-0", "p-1", "p-2"]


def test_tokens_of_all_samples_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of those that come out alike, which the generator tells once."""
    same = [Written(0, sample, (1, 2, 3), -0.1) for sample in range(4)]
    monkeypatch.setattr(generator, "write", lambda *_arguments, **_options: same)
    count = TokenCount()
    count.start()
    generator.write()
    assert count.tokens == 12


class Slow:
    """A generator that takes all of its time."""

    name, version = "slow", "1"

    def phrase(self, requests: list[PhraseRequest], *, deadline_s: float) -> list[list[Phrase]]:
        del deadline_s
        return [[] for _ in requests]

    def stop(self) -> None: ...


def test_a_generator_out_of_time_is_noted() -> None:
    account = Account()
    phraser = AccountedPhraser(Slow(), account)
    request = PhraseRequest("en", ("It hums.",), "noise", "bad")
    phraser.phrase([request], deadline_s=60)
    assert account.cut == 0
    phraser.phrase([request], deadline_s=0)
    assert (account.cut, account.requests) == (1, [request, request])


def test_an_account_begins_once_and_ends_with_the_last_commit() -> None:
    account = Account()
    account.checkpoint("after_commit")
    assert account.committed == 0
    account.begin()
    began = account.began
    account.begin()
    account.checkpoint("before_commit")
    assert (account.began, account.committed) == (began, 0)
    account.checkpoint("after_commit")
    assert account.seconds >= 0


def test_what_is_not_reached_is_named() -> None:
    report = SummariesReport(MACHINE)
    report.runs = {"tokens_per_second": [80], "bare_tokens_per_second": [100], "cut_short": [2]}
    assert [line.partition(":")[0] for line in report.not_reached()] == ["generator_share", "cut_short"]
    report.runs = {"tokens_per_second": [95], "bare_tokens_per_second": [100], "cut_short": [0]}
    assert report.not_reached() == []


def test_the_report_has_rates_ratios_and_where_they_come_from() -> None:
    report = SummariesReport(MACHINE, broker="a broker", model={"name": "a model"})
    report.runs = {
        "tokens_per_second": [90, 99],
        "bare_tokens_per_second": [100, 100],
        "enrich_rps_alone": [100],
        "enrich_rps_beside": [80],
        "generated_share": [0.5],
    }
    told = report.to_dict()
    assert told["generator_share"] == 0.945
    assert told["enrich_beside/alone"] == 0.8
    assert told["spread"]["tokens_per_second"] == [90, 99]
    assert told["generator/transformers"] is None
    table = report.to_markdown()
    assert "2 cores of a cpu, 2026-01-01, a broker, a model, torch 2" in table
    assert "0.80 times" in table
    assert "50.0%" in table
