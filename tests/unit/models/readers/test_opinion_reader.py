"""A reader made of an encoder and heads: readings in order, places exact, nothing of one text in another."""

from collections.abc import Sequence

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.devices import ComputePlan
from models.readers.interfaces import ReviewReading
from models.readers.opinion_heads import OpinionHeads
from models.readers.opinion_reader import Calibration, OpinionReader
from models.similarity.sentence_directions import SentenceDirections
from tests.unit.models.model_files import WORDS
from tests.unit.models.readers.fake_encoder import VOCABULARY, FakeEncoder, knowing_heads

PLAN = ComputePlan("cpu", torch.float32, streams=3)


def reader(
    heads: OpinionHeads | None = None,
    *,
    window: int = 12,
    spaced: bool = False,
    calibration: Calibration | None = None,
    directions: SentenceDirections | None = None,
) -> OpinionReader:
    return OpinionReader(
        "tiny",
        "0123456789ab",
        frozenset({"en"}),
        encoder=FakeEncoder(window=window, spaced=spaced),
        heads=heads or knowing_heads(),
        calibration=calibration or Calibration(),
        plan=PLAN,
        directions=directions,
    )


def read(texts: Sequence[str], **more: object) -> list[ReviewReading]:
    made = reader(**more)  # type: ignore[arg-type]
    return made.forward(made.tokenise(texts))


def said(text: str, reading: ReviewReading) -> list[tuple[str, str, str, str | None]]:
    return [
        (text[one.start : one.end], one.aspect, one.sentiment.label, one.holder) for one in reading.aspects
    ]


def test_it_says_who_it_is() -> None:
    made = reader()
    assert (made.name, made.version, made.languages) == ("tiny", "0123456789ab", frozenset({"en"}))
    assert (made.streams, made.batch_tokens, made.packs) == (3, PLAN.batch_tokens, True)


def test_opinions_are_found_where_they_stand() -> None:
    """On their aspect, with their polarity; one that another holds is told apart; a word is whole."""
    text = "the lamp is  good, it broke! the kettle is loud very."
    (reading,) = read([text])
    assert said(text, reading) == [
        ("good", "quality", "positive", "reviewer"),
        ("broke", "quality", "negative", "reviewer"),
        ("kettle", reading.aspects[2].aspect, reading.aspects[2].sentiment.label, "former_product"),
        ("loud very", "performance", "negative", "reviewer"),
    ]


def test_space_before_a_word_is_none_of_its_opinion() -> None:
    """Where a token holds it, as those of sentencepiece do."""
    text = "  the lamp is  good good it broke  "
    assert [one[0] for one in said(text, read([text], spaced=True)[0])] == ["good good", "broke"]


def test_an_opinion_on_nothing_but_space_is_none() -> None:
    heads = knowing_heads()
    with torch.no_grad():
        heads.of_token.weight[2, VOCABULARY.index("[PAD]")] = 100
    text = "the lamp  is good"
    assert [one[0] for one in said(text, read([text], heads=heads, spaced=True)[0])] == ["good"]


def test_opinions_end_with_their_sentence_and_where_another_begins() -> None:
    text = "good good. Good broke fine fine"
    assert [one[0] for one in said(text, read([text])[0])] == ["good good", "broke", "fine", "fine"]


def test_the_text_is_read_as_its_words_are() -> None:
    """Sentiment of the text and of each sentence, and stars, of this text's words alone."""
    good, both, bad = read(["it is good", "it is good. It broke.", "it broke"])
    assert (good.sentiment.label, bad.sentiment.label) == ("positive", "negative")
    assert [one.sentiment.label for one in both.sentences] == ["positive", "negative"]
    assert both.sentiment.positive == pytest.approx(both.sentiment.negative)
    assert sum(both.sentiment) == pytest.approx(1)
    assert good.stars is not None
    assert bad.stars is not None
    assert (good.stars.index(max(good.stars)), bad.stars.index(max(bad.stars))) == (4, 0)
    assert sum(good.stars) == pytest.approx(1)
    assert [(one.start, one.end) for one in both.sentences] == [(0, 11), (12, 21)]


def test_texts_with_nothing_to_read_are_neutral() -> None:
    """At any place of a batch, and alone; they shift no reading of another."""
    (alone,) = read(["it broke"])
    readings = read(["", "it broke", " ", "it broke", ""])
    assert [readings[1], readings[3]] == [alone, alone]
    for one in (readings[0], readings[2], readings[4], *read(["", " "])):
        assert tuple(one.sentiment) == (0.0, 1.0, 0.0)
        assert (one.sentences, one.aspects, one.stars) == ((), (), None)
    assert read([]) == []


def test_a_batch_is_one_pass_of_the_encoder() -> None:
    """Whose windows, special tokens included, come in order."""
    made = reader(window=6)
    made.forward(made.tokenise(["it is good. it is good.", "it broke", ""]))
    (asked,) = made.encoder.asked  # type: ignore[attr-defined]
    assert asked == [6, 6, 4, 2]


@settings(max_examples=10, deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from([*WORDS, ".", "!", "  "]), max_size=24).map(" ".join), min_size=1, max_size=4
    ),
    st.sampled_from([4, 7, 16]),
    st.booleans(),
)
def test_a_reading_depends_on_its_text_alone(texts: list[str], window: int, spaced: bool) -> None:
    """Neither on the batch nor on where a long text is cut; all that is found lies in a sentence, in order."""
    made = reader(window=window, spaced=spaced)
    tokenised = made.tokenise(texts)
    for text, one_text, together in zip(texts, tokenised, made.forward(tokenised), strict=True):
        (alone,) = made.forward([one_text])
        assert said(text, together) == said(text, alone)
        assert together.sentiment == pytest.approx(alone.sentiment, abs=1e-5)
        end = 0
        for one in together.aspects:
            assert end <= one.start < one.end
            assert any(
                sentence.start <= one.start < one.end <= sentence.end for sentence in together.sentences
            )
            assert text[one.start : one.end] == text[one.start : one.end].strip()
            end = one.end


def test_calibration_moves_certainty_and_boldness() -> None:
    """Temperatures leave the likeliest; boldness finds what "no opinion" outweighed a little."""
    text = "it is good"
    (plain,) = read([text])
    (cool,) = read([text], calibration=Calibration(sentiment=20, stars=20, aspect=20, polarity=20))
    assert cool.sentiment.label == plain.sentiment.label
    assert cool.sentiment.positive < plain.sentiment.positive
    assert max(cool.stars or ()) < max(plain.stars or ())
    assert cool.aspects[0].confidence < plain.aspects[0].confidence
    assert cool.aspects[0].sentiment.positive < plain.aspects[0].sentiment.positive
    heads = knowing_heads()
    with torch.no_grad():
        heads.of_token.bias[0] += 120
    assert read([text], heads=heads)[0].aspects == ()
    assert read([text], heads=heads, calibration=Calibration(boldness=1e30))[0].aspects != ()


def test_sentences_have_bits_where_there_are_directions() -> None:
    """Of the mean of their own tokens."""
    directions = SentenceDirections(torch.randn(FakeEncoder.width, 256), torch.zeros(256))
    first, second = read(["it is good. It broke.", "it is good."], directions=directions)
    assert [len(one.embedding or b"") for one in first.sentences] == [32, 32]
    assert first.sentences[0].embedding == second.sentences[0].embedding != first.sentences[1].embedding
    assert read(["it is good"])[0].sentences[0].embedding is None


def test_means_of_sentences() -> None:
    made = reader()
    got = made.sentence_means(made.tokenise(["good good. broke", "good broke"]))
    good, full_stop, broke = (made.encoder.tokenise([one])[0].windows[0][1] for one in ("good", ".", "broke"))
    wanted = torch.zeros(3, FakeEncoder.width)
    wanted[0, good], wanted[0, full_stop], wanted[1, broke] = 2 / 3, 1 / 3, 1.0
    wanted[2, good] = wanted[2, broke] = 0.5
    assert torch.allclose(got, wanted)


def test_an_answer_that_is_no_number_is_an_error() -> None:
    """As after an overflow in half precision: no reading is made up."""
    heads = knowing_heads()
    with torch.no_grad():
        heads.sentiment.bias[0] = torch.nan
    with pytest.raises(ValueError, match="no number"):
        read(["it is good"], heads=heads)
