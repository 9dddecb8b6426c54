"""Labels of tokens from labels of characters, and the loss: what is not known costs nothing."""

from collections.abc import Sequence

import pytest
import torch
from torch.nn import functional

from models.readers.aspects import ASPECTS
from models.training.corpora.annotated import AnnotatedOpinion, AnnotatedReview
from models.training.corpora.texts import TrainingText, of_annotated
from models.training.fitting import reader_objective
from models.training.fitting.reader_objective import ReaderTexts, ReaderTrainee, reader_loss
from models.training.fitting.token_labels import UNKNOWN, TokenLabels, token_labels
from schemas.vocabularies import HOLDERS
from tests.unit.models.readers.fake_encoder import FakeEncoder, knowing_heads

TEXT = "the lamp is good very. It broke"
QUALITY, NEGATIVE, POSITIVE = ASPECTS.index("quality") + 1, 0, 2


def opinion(
    words: str, *, aspect: str = "quality", polarity: str = "positive", holder: str = "reviewer"
) -> AnnotatedOpinion:
    start = TEXT.index(words)
    return AnnotatedOpinion(aspect, polarity, start, start + len(words), holder)  # type: ignore[arg-type]


def labels(opinions: Sequence[AnnotatedOpinion] | None, *, knows_holders: bool = True) -> TokenLabels:
    (tokenised,) = FakeEncoder().tokenise([TEXT])
    return token_labels(tokenised, opinions, knows_holders=knows_holders)


def test_tokens_that_share_a_character_with_an_opinion_are_in_it() -> None:
    """Its first begins it; outside only the absence of an opinion is known."""
    got = labels([opinion("ood very"), opinion("broke", polarity="negative")])
    assert got.aspect.tolist() == [0, 0, 0, QUALITY, QUALITY, 0, 0, QUALITY]
    assert got.begins.tolist() == [UNKNOWN] * 3 + [1, 0] + [UNKNOWN] * 2 + [1]
    assert got.polarity.tolist() == [UNKNOWN] * 3 + [POSITIVE] * 2 + [UNKNOWN] * 2 + [NEGATIVE]
    assert got.holder.tolist() == [0] * 8


def test_opinions_that_touch_are_parted_by_their_beginnings() -> None:
    got = labels([opinion("is"), opinion("good very")])
    assert got.begins.tolist() == [UNKNOWN] * 2 + [1, 1, 0] + [UNKNOWN] * 3


def test_what_others_judge_is_no_opinion_of_the_reviewers() -> None:
    got = labels([opinion("lamp", holder="former_product")])
    assert got.aspect.tolist() == [0] * 8
    assert got.polarity.tolist() == got.begins.tolist() == [UNKNOWN] * 8
    assert got.holder.tolist() == [0, HOLDERS.index("former_product"), *[0] * 6]


def test_what_was_not_annotated_is_not_known() -> None:
    """No opinions at all are something else than no annotation."""
    assert {value for column in vars_of(labels(None)) for value in column} == {UNKNOWN}
    assert labels([]).aspect.tolist() == [0] * 8
    assert labels([], knows_holders=False).holder.tolist() == [UNKNOWN] * 8


def vars_of(one: TokenLabels) -> list[list[int]]:
    return [one.aspect.tolist(), one.begins.tolist(), one.polarity.tolist(), one.holder.tolist()]


def test_an_annotated_review_is_a_training_text() -> None:
    opinions = (opinion("broke"),)
    review = AnnotatedReview("a", "b", TEXT, "negative", 2, opinions, knows_holders=True, kinds=frozenset())
    assert of_annotated(review, "reviews") == TrainingText(
        TEXT, "reviews", sentiment="negative", stars=2, opinions=opinions, knows_holders=True
    )


def trainee(categories: dict[str, list[str]] | None = None) -> tuple[ReaderTrainee, FakeEncoder]:
    encoder = FakeEncoder()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        return ReaderTrainee(encoder, knowing_heads(), categories or {}).eval(), encoder


def loss_of(*texts: TrainingText, made: tuple[ReaderTrainee, FakeEncoder] | None = None) -> torch.Tensor:
    whole, encoder = made or trainee()
    data = ReaderTexts.of(encoder, texts)
    return reader_loss(
        whole, encoder, data.batch(range(len(data.texts))), device="cpu", mixed_precision=False
    )


def test_texts_without_a_token_are_left_out() -> None:
    data = ReaderTexts.of(
        FakeEncoder(), [TrainingText("", "a"), TrainingText("it is", "b"), TrainingText(" ", "c")]
    )
    assert [text.source for text in data.texts] == ["b"]
    assert (len(data.tokenised), len(data.labels)) == (1, 1)
    batch = ReaderTexts.of(FakeEncoder(), [TrainingText(word, word) for word in ("it", "is", "the")]).batch(
        [2, 0]
    )
    assert [text.source for text in batch.texts] == ["the", "it"]
    assert [text.text for text in batch.tokenised] == ["the", "it"]


def test_a_text_of_which_nothing_is_known_costs_nothing() -> None:
    assert float(loss_of(TrainingText(TEXT, "a")).detach()) == 0


def test_right_answers_cost_less() -> None:
    """Of each question alone: opinions, sentiment, stars."""
    known = knowing = {"text": "it is good", "source": "a"}
    good = AnnotatedOpinion("quality", "positive", 6, 10, "reviewer")
    bad = AnnotatedOpinion("design", "negative", 0, 2, "reviewer")
    for right, wrong in (
        ({"opinions": (good,)}, {"opinions": (bad,)}),
        ({"sentiment": "positive"}, {"sentiment": "negative"}),
        ({"stars": 5}, {"stars": 1}),
    ):
        assert float(loss_of(TrainingText(**known, **right)).detach()) < float(
            loss_of(TrainingText(**knowing, **wrong)).detach()
        )


def test_a_choice_between_two_poles_says_nothing_of_the_third() -> None:
    """However likely neutral is, it costs nothing where nobody could say so."""
    made = trainee()
    with torch.no_grad():
        made[0].heads.sentiment.bias[1] += 50
    pole = loss_of(TrainingText("it is good", "a", sentiment="positive", is_pole=True), made=made)
    of_three = loss_of(TrainingText("it is good", "a", sentiment="positive"), made=made)
    assert float(pole.detach()) < 1 < float(of_three.detach())
    pole.backward()
    assert all(torch.isfinite(one.grad).all() for one in made[0].parameters() if one.grad is not None)


def test_categories_of_another_set_are_learnt_by_a_head_of_their_own() -> None:
    """From texts of that set alone; against the formula."""
    made = trainee({"shops": ["food", "staff"]})
    head = made[0].category_head("shops")
    assert head is not None
    assert made[0].category_head("reviews") is None
    text = TrainingText("it is good", "shops", categories={"staff": "negative"})
    got = loss_of(text, TrainingText("it broke", "other"), made=made)
    (tokenised,) = made[1].tokenise(["it is good"])
    with torch.no_grad():
        mean = made[0].heads.normed(made[1].states(tokenised.windows)[1:-1]).mean(dim=0)
        present = functional.binary_cross_entropy_with_logits(head.presence(mean), torch.tensor([0.0, 1.0]))
        polarity = functional.cross_entropy(head.polarity(mean).view(2, 3)[1:], torch.tensor([0]))
    assert float(got.detach()) == pytest.approx(float((2 * present + polarity) / 2), rel=1e-4)
    got.backward()
    assert made[1].network.weight.grad is not None
    assert made[0].heads.of_token.weight.grad is None or not made[0].heads.of_token.weight.grad.any()


def test_neighbours_in_a_batch_do_not_change_what_is_learnt() -> None:
    """Two texts of as many tokens: the loss is the mean of theirs."""
    texts = [
        TrainingText("it is good", "a", sentiment="positive", stars=4, opinions=()),
        TrainingText("it is loud", "a", sentiment="neutral", stars=1, opinions=()),
    ]
    together = float(loss_of(*texts).detach())
    assert together == pytest.approx(sum(float(loss_of(one).detach()) for one in texts) / 2, rel=1e-4)


def test_some_tokens_are_hidden_and_never_those_at_the_ends() -> None:
    """Else windows would have no beginning; about the share that is asked for."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        window = reader_objective._masked([101, *[7] * 1_000, 102], 103, 0.3)
    assert (window[0], window[-1]) == (101, 102)
    assert set(window[1:-1]) == {7, 103}
    assert 250 < window.count(103) < 350
