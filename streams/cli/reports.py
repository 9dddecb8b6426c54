"""Prints what was measured or explained, for people."""

from collections.abc import Mapping
from typing import Any

from rich.markup import escape
from rich.table import Table

from streams.cli.console import err, out

_COLOURS = {"positive": "green", "neutral": "yellow", "negative": "red"}
_MOST_WORDS = 12


def print_evaluation(report: Mapping[str, Any]) -> None:
    """The numbers of `evaluate`."""
    if "category" in report:
        _print_aspects(report)
    else:
        out.print(_class_table(report["per_class"], "class"))
        out.print(
            f"accuracy {report['accuracy']:.3f}, macro-F1 {report['macro_f1']:.3f}, calibration error "
            f"{report['ece']:.3f}; {report['share_called_neutral']:.1%} called neutral"
        )
    for model in report["models"]:
        out.print(f"{model['reviews']} reviews read by {model['name']} {model['version']}", markup=False)
    out.print(f"{report['reviews_per_second']:.0f} reviews a second")
    if report["skipped"]:
        err.print(f"{report['skipped']} rows were skipped: no text, or a label that --map does not name")
    if report["unsupported_language"]:
        err.print(f"{report['unsupported_language']} texts are in a language that no model reads")
    if report.get("never_said"):
        err.print(f"no model that read them knows {', '.join(report['never_said'])}", markup=False)
    if report.get("unknown"):
        names = ", ".join(sorted(report["unknown"])[:10])
        err.print(f"no aspects or labels known here, left out: {names}", markup=False)


def print_key_points(report: Mapping[str, Any]) -> None:
    """The shares of salient segments, ours beside other ways to choose."""
    table = Table("chosen by", "salient", box=None, pad_edge=False)
    for name, share in report["salient_share"].items():
        table.add_row(name.replace("_", " "), f"{share:.1%}")
    out.print(table)
    out.print(
        f"{report['chosen']} of {report['segments']} segments chosen, of {report['products']} products; "
        f"{report['model']['name']} {report['model']['version']}"
    )


def print_summaries(report: Mapping[str, Any]) -> None:
    """ROUGE of the texts beside other ways to choose and people, and what is told of the texts."""
    table = Table("written by", "ROUGE-1", "ROUGE-2", "ROUGE-L", "ours is ahead by", box=None, pad_edge=False)
    rows = {report["summariser"]: report, **report["baselines"], "people": report["people"]}
    for name, scores in rows.items():
        lead = report["lead_rouge_l"].get(name)
        ahead = "{} ({} to {})".format(*map(_percent, lead.values())) if lead else ""
        table.add_row(name, *(_percent(scores[key]) for key in ("rouge_1", "rouge_2", "rouge_l")), ahead)
    out.print(table)
    repeated = report["repetition"]
    out.print(
        f"supported {_percent(report['supported'])}, generated {_percent(report['generated_share'])}, repeated "
        f"sentences {_percent(repeated['sentences'])}, repeated trigrams {_percent(repeated['trigrams'])}"
    )
    out.print(
        f"weightiest key points told {_percent(report['coverage'])}, share of praise off by "
        f"{_percent(report['polarity_error'])}"
    )
    out.print(
        f"{report['items']} items ({report['layout']}), {report['words']:.0f} of at most {report['most_words']} words; "
        f"{report['reviews_per_second']:.0f} reviews a second; {report['model']['name']} {report['model']['version']}"
    )
    if report["unsupported_language"]:
        err.print(f"{report['unsupported_language']} texts are in a language that no model reads")


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"


def _print_aspects(report: Mapping[str, Any]) -> None:
    category, polarity = report["category"], report["polarity"]
    out.print(_class_table(category["per_aspect"], "aspect"))
    out.print(
        f"aspects found: precision {category['precision']:.3f}, recall {category['recall']:.3f}, F1 "
        f"{category['f1']:.3f}, macro-F1 {category['macro_f1']:.3f}"
    )
    if polarity is not None:
        out.print(_class_table(polarity["per_class"], "sentiment towards it"))
        out.print(
            f"accuracy {polarity['accuracy']:.3f}, macro-F1 {polarity['macro_f1']:.3f}, calibration error "
            f"{polarity['ece']:.3f}, of {polarity['count']} labels; found and right: {report['found_and_right']:.3f}"
        )


def _class_table(classes: Mapping[str, Mapping[str, Any]], title: str) -> Table:
    table = Table(title, "precision", "recall", "F1", "support", box=None)
    for name, numbers in classes.items():
        shares = (f"{numbers[key]:.3f}" for key in ("precision", "recall", "f1"))
        table.add_row(name, *shares, str(numbers["support"]))
    return table


def print_explanation(found: Mapping[str, Any]) -> None:
    """The answer of `explain`, part by part."""
    language, model, sentiment = found["language"], found["model"], found["sentiment"]
    out.print(f"{language['code']}, read by {model['name']} {model['version']}")
    shares = ", ".join(f"{name} {sentiment[name]:.2f}" for name in _COLOURS)
    out.print(f"{_coloured(sentiment['label'])}  ({shares})")
    for sentence in found["sentences"]:
        out.print(f"  {_coloured(sentence['label'])} {escape(sentence['text'])}")
    if found["aspects"]:
        table = Table("aspect", "sure", "sentiment", "because of", box=None)
        for one in found["aspects"]:
            table.add_row(
                one["aspect"].replace("_", " "),
                f"{one['confidence']:.2f}",
                _coloured(one["label"]),
                escape(one["quote"]),
            )
        out.print(table)
    words = Table("word", f"makes it more {sentiment['label']} by", box=None)
    for word in found["words"][:_MOST_WORDS]:
        words.add_row(escape(word["text"]), f"{word['weight']:+.3f}")
    out.print(words)
    for mask in found["masked"]:
        out.print(f"masked: {mask['kind']}")
    for flag in found["flags"]:
        out.print(f"doubt: {flag['kind']} ({flag['score']:.2f}): {escape(flag['reason'])}")


def _coloured(label: str) -> str:
    return f"[{_COLOURS[label]}]{label:>8}[/]"
