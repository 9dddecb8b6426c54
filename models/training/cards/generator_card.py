"""Write the model card of a generator's adapter from what was measured."""

from collections.abc import Mapping
from typing import Any

_COLUMNS = ("unsupported", "gold_words", "rouge_l", "against_gold", "against_evidence")


def how_it_was_trained(metrics: Mapping[str, Any]) -> dict[str, object]:
    """What the cards of all adapters say of their training."""
    training = metrics["training"]
    return {
        "base": metrics["base"],
        "rank": training["recipe"]["rank"],
        "rate": training["recipe"]["learning_rate"],
        "seed": training["seed"],
        "epochs": training["epochs"],
        "losses": ", ".join(f"{loss:.3f}" for loss in training["validation_losses"]),
    }


def generator_card(metrics: Mapping[str, Any]) -> str:
    """The card, in Markdown. `metrics` is what metrics.json holds."""
    pairs, training = metrics["pairs"], metrics["training"]
    validation: Mapping[str, Mapping[str, float]] = metrics["validation"]
    return _CARD.format(
        **how_it_was_trained(metrics),
        training_pairs=sum(training["pairs"].values()),
        validation_pairs=_total(pairs["val"]),
        counts="\n".join(
            f"- {name}: {pairs[part]['sentences']} sentences of summaries; left out: {_left_out(pairs[part])}; "
            f"{_total(pairs[part])} pairs."
            for name, part in (("training part", "train"), ("validation part", "val"))
        ),
        table="\n".join(_row(name, scores) for name, scores in validation.items()),
    )


def _total(of_part: Mapping[str, Any]) -> int:
    return sum(of_part["pairs"].values())


def _left_out(of_part: Mapping[str, Any]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in sorted(of_part["left_out"].items())) or "none"


def _row(name: str, scores: Mapping[str, float]) -> str:
    numbers = " | ".join(f"{scores[column]:.3f}" for column in _COLUMNS)
    return f"| {name} | {scores['written']} | {numbers} | {scores['words']:.1f} |"


_CARD = """# Phrases of key points

An adapter of `{base}` that says in one English sentence what one to three clauses of reviews say.

## What it is
Low-rank updates of rank {rank} of all linear layers but the output matrix, in half precision, merged into the weights
when they are loaded. It is asked in short, without examples: `adapter.json` says so, and whoever loads it asks so.

## Intended use
To phrase what reviews of a product or shop say, with the constraint that only words of the evidence are used
(`PhraseRequest.copied`), several samples ranked, and the best one checked before it is published. Not to be used on its
own: it can turn round what the evidence says with the evidence's own words.

## Trained on
{training_pairs} pairs, seed {seed}, AdamW with warm-up to {rate}, stopped after epoch {epochs} (validation loss, nats a
token, before training and after each epoch: {losses}); none of the texts is in this directory.

FewSum, Brazinskas et al. 2020: Amazon products and Yelp businesses, eight reviews and three summaries by people each
(MIT). A sentence of a summary is paired with the one to three clauses of its reviews that share most of its words,
where they hold 0.6 of them, function words and the commonest others aside. Clauses that our reader of reviews takes for
the opposite are no evidence. Sentences that speak of the writer, give advice or address the reader, are too short or
too long, or are not supported, are left out:

{counts}

Validation pairs are made the same way of the validation parts; no text is on both sides.

`reviewstream train generator --base {base} --data DIRECTORY --output DIRECTORY` makes it again.

## Measured
On the {validation_pairs} validation pairs, which also chose the epoch and what to train on, so expect a little less
elsewhere. "unsupported" is the share of content words that the evidence has not (0 by construction where only its words
may be used), "gold words" the share of the person's content words that are there, ROUGE-L that against the person's
sentence. "against" is the share of phrases that our reader takes for the opposite of the person's sentence, or of the
evidence; the same reader chose the pairs, which favours people and evidence. Untrained, the base is shown examples;
"best of 4" samples at temperature 0.7 and ranks. All but people and "any words" use words of the evidence alone.

| written by | phrases | unsupported | gold words | ROUGE-L | against gold | against evidence | words |
|---|---|---|---|---|---|---|---|
{table}

## Limits
- Differences of a few hundredths, and of two or three phrases that say the opposite, may be chance on so few pairs.
- How well phrases read is not measured; by these measures the shortest piece of evidence does as well.
- English only, and learnt from few sentences on shops, restaurants and goods.
- Of two clauses it joins parts that do not belong together: a word that describes one thing is said of another.
- It prefers general words where the evidence is specific, and leaves the second of two points out.
- "Too", "only" and negations are sometimes lost, and what was compared is turned round.
- Where the evidence lacks a word that it wants, it stumbles into one that makes no sense. Phrases with a mean log
  probability below -1 are mostly such: they are better not used.
- What one reviewer says sounds like a fact: how many say it has to be told beside it.
"""
