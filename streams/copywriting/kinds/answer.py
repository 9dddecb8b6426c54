"""Answers to a shopper's question, the turns before in mind: from facts and reviews, or that nobody has said."""

from streams.copywriting.answering import answer
from streams.copywriting.brief import Brief, Draft, Limits
from streams.copywriting.kind import Kind


def compose(brief: Brief) -> Draft | None:
    """The answer to the last question."""
    before = [turn.text for turn in brief.request.turns if turn.speaker == "shopper"]
    sentences = answer(brief.request.question or "", brief, before)
    kept = brief.fitted(sentences)
    return Draft(kept) if kept else None


KIND = Kind(
    name="answer",
    brief="Answer the question from the product's data and its reviews; where they are silent, say so.",
    inputs=("question", "turns"),
    compose=compose,
    limits=(Limits(words=120), Limits(words=240)),
)
