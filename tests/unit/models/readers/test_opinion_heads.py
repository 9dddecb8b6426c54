"""Segments pooled by attention, and means: the same as a loop over segments, some of them empty."""

import pytest
import torch

from models.readers.aspects import ASPECTS
from models.readers.opinion_heads import (
    NO_OPINION,
    STARS,
    OpinionHeads,
    SegmentLogits,
    Segments,
    TokenLogits,
    mean_by_segment,
    sum_by_segment,
)
from schemas.vocabularies import HOLDERS

WIDTH = 12


@pytest.fixture
def heads() -> OpinionHeads:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        return OpinionHeads(WIDTH).eval()


def vectors(tokens: int) -> torch.Tensor:
    return torch.randn(tokens, WIDTH, generator=torch.Generator().manual_seed(tokens))


def said(heads: OpinionHeads, normed: torch.Tensor, segments: Segments) -> SegmentLogits:
    return heads.segments(normed, segments, heads.tokens(normed))


def balance(tokens: TokenLogits, inside: torch.Tensor) -> torch.Tensor:
    """How much praise and blame there is, as a plain loop over the tokens has it."""
    mass = torch.zeros(3)
    for number in inside.nonzero()[:, 0].tolist():
        is_opinion = 1 - torch.softmax(tokens.aspect[number], dim=0)[NO_OPINION]
        mass += is_opinion * torch.softmax(tokens.polarity[number], dim=0)
    return torch.cat([mass / (mass.sum() + 1), torch.log1p(mass)])


@pytest.mark.parametrize(
    ("of", "count"),
    [([0, 0, 0], 1), ([0, 0, 1, 3, 3, 3], 5), ([2], 3), ([1, 0, 1, 0], 2)],
    ids=["one", "empty-between-and-behind", "empty-before", "interleaved"],
)
@torch.no_grad()
def test_pooling_is_a_softmax_within_each_segment(heads: OpinionHeads, of: list[int], count: int) -> None:
    """Against a loop; a segment without a token has the vector zero, and no opinions."""
    normed = heads.normed(10 * vectors(len(of)))
    segments = Segments(torch.tensor(of), count)
    got, tokens = said(heads, normed, segments), heads.tokens(normed)
    means = mean_by_segment(normed, segments)
    sums = sum_by_segment(normed, segments)
    assert (got.sentiment.shape, got.stars.shape) == ((count, 3), (count, STARS))
    for number in range(count):
        inside = normed[segments.of == number]
        weights = torch.softmax(heads.attention(inside), dim=0)
        judged = balance(tokens, segments.of == number)
        pooled = [torch.cat([(weights[:, pool : pool + 1] * inside).sum(dim=0), judged]) for pool in (0, 1)]
        assert torch.allclose(got.sentiment[number], heads.sentiment(pooled[0]), atol=1e-5)
        assert torch.allclose(got.stars[number], heads.stars(pooled[1]), atol=1e-5)
        assert torch.allclose(sums[number], inside.sum(dim=0), atol=1e-5)
        wanted = inside.mean(dim=0) if len(inside) else torch.zeros(WIDTH)
        assert torch.allclose(means[number], wanted, atol=1e-5)


@torch.no_grad()
def test_attention_that_is_very_sure_overflows_nowhere(heads: OpinionHeads) -> None:
    """Scores of a thousand are exponents of none."""
    heads.attention.weight *= 1e4
    normed = heads.normed(vectors(6))
    got = said(heads, normed, Segments(torch.tensor([0, 0, 0, 1, 1, 1]), 2))
    assert torch.isfinite(got.sentiment).all()
    best = normed[:3][heads.attention(normed[:3])[:, 0].argmax()]
    judged = balance(heads.tokens(normed), torch.tensor([True, True, True, False, False, False]))
    assert torch.allclose(got.sentiment[0], heads.sentiment(torch.cat([best, judged])), atol=1e-4)


def test_attention_is_trained_through_the_pooling(heads: OpinionHeads) -> None:
    """The maximum that is taken away for safety hides no gradient: it is that of a plain softmax."""
    normed = vectors(5)
    said(heads, normed, Segments(torch.zeros(5, dtype=torch.long), 1)).sentiment[0, 0].backward()
    assert heads.of_token.weight.grad is None, (
        "who knows how a text feels teaches nothing of where it says so"
    )
    got = heads.attention.weight.grad.clone()
    heads.zero_grad()
    weights = torch.softmax(heads.attention(normed), dim=0)
    judged = balance(heads.tokens(normed), torch.ones(5, dtype=torch.bool)).detach()
    heads.sentiment(torch.cat([(weights[:, :1] * normed).sum(dim=0), judged]))[0].backward()
    assert got.any()
    assert torch.allclose(got, heads.attention.weight.grad, atol=1e-6)


@torch.no_grad()
def test_each_question_has_its_own_columns(heads: OpinionHeads) -> None:
    """Sizes in the order in which the one linear layer holds them."""
    logits = heads.tokens(heads.normed(vectors(7).to(torch.bfloat16)))
    assert logits.aspect.shape == (7, 1 + len(ASPECTS))
    assert logits.begins.shape == (7,)
    assert logits.polarity.shape == (7, 3)
    assert logits.holder.shape == (7, len(HOLDERS))
    assert {one.dtype for one in logits} == {torch.float32}
    heads.of_token.bias[1 + len(ASPECTS)] += 100
    moved = heads.tokens(heads.normed(vectors(7).to(torch.bfloat16)))
    assert torch.allclose(moved.begins, logits.begins + 100)
    assert torch.equal(moved.aspect, logits.aspect)
