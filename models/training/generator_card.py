"""Write the model card of a generator's adapter from what was measured."""

from collections.abc import Mapping
from typing import Any

_COLUMNS = ("unsupported", "gold_words", "rouge_l", "against_gold", "against_evidence")


def generator_card(metrics: Mapping[str, Any]) -> str:
    """The card, in Markdown. `metrics` is what metrics.json holds."""
    pairs, training = metrics["pairs"], metrics["training"]
    validation: Mapping[str, Mapping[str, float]] = metrics["validation"]
    return _CARD.format(
        base=metrics["base"],
        rank=training["recipe"]["rank"],
        rate=training["recipe"]["learning_rate"],
        seed=training["seed"],
        epochs=training["epochs"],
        losses=", ".join(f"{loss:.3f}" for loss in training["validation_losses"]),
        training_pairs=sum(training["pairs"].values()),
        plain_pairs=sum(count for name, count in training["pairs"].items() if name.endswith("reviews")),
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

{plain_pairs} pairs are sentences of the training part's reviews that are phrases as they stand, each with itself for
evidence: from these the model learns to stay with the words it is given. Validation pairs are of summaries alone, made
the same way of the validation parts; no text is on both sides.

`reviewstream train generator --base {base} --data DIRECTORY --output DIRECTORY` makes it again.

## Measured
On the {validation_pairs} validation pairs, which also chose rank, rate, epochs and prompt, so expect a little less
elsewhere. "unsupported" is the share of content words that the evidence has not (0 by construction where only its words
may be used), "gold words" the share of the person's content words that are there, ROUGE-L that against the person's
sentence. "against" is the share of phrases that our reader takes for the opposite of the person's sentence, or of the
evidence; that reader errs too, as the row of people shows. Untrained, the base is shown examples; "best of 4" samples
at temperature 0.7 and ranks. All but "any words" use words of the evidence alone.

| written by | phrases | unsupported | gold words | ROUGE-L | against gold | against evidence | words |
|---|---|---|---|---|---|---|---|
{table}

## Limits
- English only, and learnt from a few hundred sentences on shops, restaurants and goods.
- Comparisons and negations are sometimes turned round, and of two clauses parts are joined that do not belong together.
- It prefers general words ("The food is great.") where the evidence is specific.
- Where its words are confined to the evidence, articles and verb forms can be wrong ("The price are great").
- What one reviewer says sounds like a fact: how many say it has to be told beside it.
"""
