"""Write the model card of the adapter for Chinese phrases from what was measured."""

from collections.abc import Mapping
from typing import Any

from models.training.cards.generator_card import how_it_was_trained


def chinese_phrases_card(metrics: Mapping[str, Any]) -> str:
    """The card, in Markdown. `metrics` is what metrics.json holds."""
    training, held_out = metrics["training"], metrics["held_out"]
    pairs: Mapping[str, int] = training["pairs"]
    return _CARD.format(
        **how_it_was_trained(metrics),
        chinese=pairs["written"],
        english=sum(count for source, count in pairs.items() if source != "written"),
        held_out=held_out["trained, Chinese"]["written"],
        chinese_table="\n".join(_chinese_row(name, held_out) for name in ("untrained", "trained")),
        english_table="\n".join(_english_row(name, held_out) for name in ("untrained", "trained")),
        english_held_out=held_out["trained, English"]["written"],
    )


def _chinese_row(name: str, scores: Mapping[str, Any]) -> str:
    found = scores[f"{name}, Chinese"]
    return (
        f"| {name} | {found['unsupported']:.3f} | {found['gold_words']:.3f} | {found['only_gold_words']:.3f} "
        f"| {found['alike']} | {found['length']:.2f} |"
    )


def _english_row(name: str, scores: Mapping[str, Any]) -> str:
    found = scores[f"{name}, English"]
    return (
        f"| {name} | {found['unsupported']:.3f} | {found['gold_words']:.3f} | {found['rouge_l']:.3f} "
        f"| {found['against_evidence']:.3f} |"
    )


_CARD = """# Phrases of key points in Chinese

An adapter of `{base}` that says in one short Chinese sentence what one to three clauses of reviews say of an aspect.

Gemma is provided under and subject to the Gemma Terms of Use found at ai.google.dev/gemma/terms; this adapter is a
derivative of it, and the same terms apply to its use.

## What it is
Low-rank updates of rank {rank} of all linear layers but the output matrix, in half precision, merged into the weights
when they are loaded. It is asked for an aspect, without examples: `adapter.json` says so, and whoever loads it asks so.

## Intended use
To choose, shorten and join what reviews of a product or shop say, with the constraint that only clauses of the
evidence are used (`PhraseRequest.copied`), several samples ranked, and the best one checked before it is
published. Without the constraint it invents.

## Trained on
{chinese} Chinese pairs written for this project (`models/training/phrases_zh.tsv`), and {english} English ones, chosen
at random of those of FewSum (see `models/training/generator.py`), so that it still writes English. Seed {seed}, AdamW
with warm-up to {rate}, stopped after epoch {epochs}. Loss on the held-out Chinese pairs, nats a token, before training
and after each epoch: {losses}.

`reviewstream train generator-zh --data DIRECTORY --output DIRECTORY` makes it again.

## Measured
On {held_out} Chinese pairs (`models/training/phrases_zh_held_out.tsv`) by the same hand, which also chose the epoch, so
expect less elsewhere. Words are told in pairs of characters. "Unsupported" is the share of words that the evidence has
not (0 but where two stretches meet), "gold" the share of the person's words that are there, "only gold" the share of
its words that the person's sentence has, "alike" how often it is that sentence, "length" the characters beside those of
that sentence. Untrained, the base is shown examples.

| | unsupported | gold | only gold | alike | length |
|---|---|---|---|---|---|
{chinese_table}

English, on {english_held_out} pairs of FewSum's validation part: content words; "against" is the share of phrases that
our reader takes for the opposite of their evidence.

| | unsupported | gold | ROUGE-L | against |
|---|---|---|---|---|
{english_table}

## Limits
- It chooses among what was written: what it leaves out can be the other half of a mixed point.
- It puts nothing into words of its own, so evidence that rambles gives a phrase that does.
- What one reviewer says sounds like a fact: how many say it has to be told beside it.
"""
