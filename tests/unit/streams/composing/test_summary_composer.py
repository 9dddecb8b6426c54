"""Many snapshots are put into words at once, each in its language, within a time."""

from collections.abc import Iterator
from itertools import count

import pytest

from models.generation.interfaces import PhraseRequest
from schemas.summaries import RefreshRequested
from streams.composing.composer import SummaryComposer
from streams.composing.phrasing import PROMPT_VERSION
from streams.composing.writing import TEMPLATES_VERSION, compose
from tests.unit.streams.composing.phrasers import FakePhraser, fake_voice, repeated
from tests.unit.streams.composing.snapshots import point, snapshot


def lamp(
    product_id: str = "lamp", generation: int = 1, words: str = "the hinge is loose"
) -> RefreshRequested:
    points = [point("quality", "negative", words, f"{words}, a pity")]
    return snapshot(1, 0, 5, points, product_id=product_id, generation=generation)


def kettle(product_id: str = "kettle") -> RefreshRequested:
    points = [point("quality", "negative", "底座松了", "底座松了，可惜")]
    return snapshot(1, 0, 5, points, product_id=product_id, language="zh")


def spanish() -> RefreshRequested:
    points = [point("quality", "negative", "la base se mueve", language="es")]
    return snapshot(0, 0, 5, points, product_id="cafetera", language="es")


def composer_of(
    *languages: str, clock: Iterator[float] | None = None
) -> tuple[SummaryComposer, list[FakePhraser]]:
    """A composer of 20 seconds, and who writes its languages."""
    voices = {language: fake_voice() for language in languages}
    ticks = clock or count(100.0, 0.0)
    made = SummaryComposer(
        {language: voice for language, (voice, _) in voices.items()},
        deadline_s=20.0,
        clock=lambda: next(ticks),
    )
    return made, [phraser for _, phraser in voices.values()]


def test_each_is_phrased_in_its_language_and_returned_in_order() -> None:
    composer, (english, chinese) = composer_of("en", "zh")
    made = composer.compose([kettle(), lamp(), spanish(), snapshot(3, 0, 0, product_id="none")])
    assert [one.language for one in made] == ["zh", "en", "es", "en"]
    assert [one.model for one in made] == [("fake-phraser", "1"), ("fake-phraser", "1"), None, None]
    assert {request.language for request in english.requests} == {"en"}
    assert {request.language for request in chinese.requests} == {"zh"}
    assert "2 reviewers say the hinge is loose." in made[1].text
    assert "2位买家说：底座松了。" in made[0].text
    assert made[2] == compose(spanish())


def test_languages_share_the_time() -> None:
    """The second has what the first has left, and never less than nothing."""
    composer, (english, chinese) = composer_of("en", "zh", clock=iter([100.0, 103.0, 118.0]))
    composer.compose([lamp(), kettle()])
    assert (english.deadlines, chinese.deadlines) == ([17.0], [2.0])
    composer, (english, chinese) = composer_of("en", "zh", clock=iter([100.0, 101.0, 180.0]))
    composer.compose([lamp(), kettle()])
    assert (english.deadlines, chinese.deadlines) == ([19.0], [0.0])


def test_of_several_snapshots_of_a_product_the_latest_is_phrased() -> None:
    composer, (english,) = composer_of("en")
    first, other, last = composer.compose(
        [lamp(generation=1), lamp("desk"), lamp(generation=2, words="the lid is loose")]
    )
    asked = [one for request in english.requests for one in request.evidence]
    assert any("lid" in one for one in asked)
    assert first == compose(lamp(generation=1))
    assert (first.model, other.model, last.model) == (None, ("fake-phraser", "1"), ("fake-phraser", "1"))
    assert len(english.deadlines) == 1


def test_the_model_is_named_only_where_it_wrote() -> None:
    voice, _ = fake_voice(lambda _request: ["Buy the hinge now."])
    (made,) = SummaryComposer({"en": voice}, deadline_s=20.0).compose([lamp()])
    assert made == compose(lamp())
    assert made.model is None


def test_what_is_stopped_counts_and_quotes() -> None:
    composer, (english, chinese) = composer_of("en", "zh")
    composer.stop()
    assert english.is_stopped
    assert chinese.is_stopped
    assert composer.compose([lamp(), kettle()]) == [compose(lamp()), compose(kettle())]
    assert english.requests == []


def test_nobody_writes_without_voices() -> None:
    composer, _ = composer_of()
    assert composer.compose([lamp(), kettle()]) == [compose(lamp()), compose(kettle())]
    assert composer.compose([]) == []
    assert composer.prompt_version == TEMPLATES_VERSION
    assert composer_of("en")[0].prompt_version == f"{TEMPLATES_VERSION}+{PROMPT_VERSION}"


@pytest.mark.parametrize("most_words", [6, 12, 40])
def test_a_short_text_has_so_many_words_and_nothing_on_all_reviews(most_words: int) -> None:
    composer, _ = composer_of("en")
    points = [
        point("quality", "negative", "the hinge is loose", "a loose hinge"),
        point("delivery", "negative", "the parcel was two days late", "late again"),
        point("design", "positive", "the shade is lovely and soft", "lovely shade"),
    ]
    (made,) = composer.compose([snapshot(3, 0, 6, points)], most_words=most_words)
    assert 0 < len(made.text.split()) <= most_words
    assert all(claim.aspect for claim in made.claims)


def test_a_product_that_breaks_the_model_is_counted_and_quoted_alone() -> None:
    """The others of its batch are phrased."""
    points = [point("design", "positive", "a shade of doom", "shade of doom")]
    cursed = snapshot(5, 0, 1, points, product_id="cursed")

    def breaks(request: PhraseRequest) -> list[str]:
        if "doom" in request.evidence[0]:
            raise RuntimeError("out of memory")
        return repeated(request)

    voice, _ = fake_voice(breaks)
    made = SummaryComposer({"en": voice}, deadline_s=20.0).compose([lamp(), cursed])
    assert made[0].model == ("fake-phraser", "1")
    assert made[1] == compose(cursed)
