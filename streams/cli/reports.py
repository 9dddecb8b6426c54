"""Prints what was measured, for people."""

from collections.abc import Mapping

from rich.table import Table

from streams.cli.console import err, out
from streams.evaluating.aspects import AspectReport
from streams.evaluating.copywriting import CopyNumbers
from streams.evaluating.key_points import KeyPointReport
from streams.evaluating.polarity import ClassNumbers, PolarityNumbers
from streams.evaluating.sentiment import SentimentReport
from streams.evaluating.summaries import Lead, RougeNumbers, SummaryReport
from streams.offline.asking import ReadingFacts


def print_sentiment(report: SentimentReport) -> None:
    """How well whole texts are read."""
    _print_polarity(report, "class", f"; {report['share_called_neutral']:.1%} called neutral")
    _print_readers(report, report["skipped"])


def print_aspects(report: AspectReport) -> None:
    """How well aspects are found, and the sentiment towards each."""
    category, polarity = report["category"], report["polarity"]
    out.print(_class_table(category["per_aspect"], "aspect"))
    out.print(
        f"aspects found: precision {category['precision']:.3f}, recall {category['recall']:.3f}, F1 "
        f"{category['f1']:.3f}, macro-F1 {category['macro_f1']:.3f}"
    )
    if polarity is not None:
        of_labels = f", of {polarity['count']} labels; found and right: {report['found_and_right']:.3f}"
        _print_polarity(polarity, "sentiment towards it", of_labels)
    _print_readers(report, report["skipped"])
    if report["never_said"]:
        err.print(f"found in none of the texts: {', '.join(report['never_said'])}")
    if report["unknown"]:
        names = ", ".join(sorted(report["unknown"])[:10])
        err.print(f"no aspects or labels known here, left out: {names}")


def print_key_points(report: KeyPointReport) -> None:
    """The shares of salient segments, ours beside other ways to choose."""
    table = Table("chosen by", "salient", box=None, pad_edge=False)
    for name, share in report["salient_share"].items():
        table.add_row(name.replace("_", " "), f"{share:.1%}")
    out.print(table)
    out.print(
        f"{report['chosen']} of {report['segments']} segments chosen, of {report['products']} products; "
        f"{_most_read_by(report)}"
    )


def print_summaries(report: SummaryReport) -> None:
    """ROUGE of the texts beside other ways to choose and people, and what is told of the texts."""
    table = Table("written by", "ROUGE-1", "ROUGE-2", "ROUGE-L", "ours is ahead by", box=None, pad_edge=False)
    rows: dict[str, RougeNumbers] = {report["summariser"]: report, **report["baselines"]}
    for name, scores in (rows | {"people": report["people"]}).items():
        lead = report["lead_rouge_l"].get(name)
        rouge = (scores["rouge_1"], scores["rouge_2"], scores["rouge_l"])
        table.add_row(name, *map(_percent, rouge), _ahead(lead) if lead else "")
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
        f"{report['reviews_per_second']:.0f} reviews a second; {_most_read_by(report)}"
    )
    _print_unsupported(report)


def _ahead(lead: Lead) -> str:
    return f"{_percent(lead['mean'])} ({_percent(lead['low'])} to {_percent(lead['high'])})"


def _most_read_by(report: ReadingFacts) -> str:
    model = report["model"]
    return f"{model['name']} {model['version']}" if model else "no model"


def print_copy(report: CopyNumbers) -> None:
    """How true, complete, short and varied copy is."""
    out.print(
        f"{report['products']:,} products, {report['texts']:,} texts, {report['refused']:,} refused, "
        f"{report['products_per_second']:.1f} products a second"
    )
    rows = (
        ("attributes told, of the first five", _percent(report["coverage"]), "%"),
        ("unsupported claims", _percent(report["unsupported_claims"]), f"% of {report['claims']:,}"),
        ("unsupported numbers", str(report["unsupported_numbers"]), ""),
        ("texts over their limit", str(report["over_limit"]), ""),
        ("repeated texts", str(report["repeated_texts"]), ""),
        ("distinct words", _percent(report["distinct_1"]), "%"),
        ("distinct pairs of words", _percent(report["distinct_2"]), "%"),
        ("self-BLEU of descriptions", _percent(report["self_bleu"]), ""),
    )
    for name, value, unit in rows:
        out.print(f"{name:<36}{value:>8} {unit}".rstrip())
    for example in report["examples"][:5]:
        out.print(f"  unsupported: {example['words'] or example['numbers']} in: {example['claim']}")


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"


def _print_polarity(numbers: PolarityNumbers, title: str, more: str) -> None:
    out.print(_class_table(numbers["per_class"], title))
    out.print(
        f"accuracy {numbers['accuracy']:.3f}, macro-F1 {numbers['macro_f1']:.3f}, calibration error "
        f"{numbers['ece']:.3f}{more}"
    )


def _print_readers(report: ReadingFacts, skipped: int) -> None:
    for model in report["models"]:
        out.print(f"{model['reviews']} reviews read by {model['name']} {model['version']}")
    out.print(f"{report['reviews_per_second']:.0f} reviews a second")
    if skipped:
        err.print(f"{skipped} rows were skipped: no text, or a label that --map does not name")
    _print_unsupported(report)


def _print_unsupported(report: ReadingFacts) -> None:
    if report["unsupported_language"]:
        err.print(f"{report['unsupported_language']} texts are in a language that no model reads")


def _class_table(classes: Mapping[str, ClassNumbers], title: str) -> Table:
    table = Table(title, "precision", "recall", "F1", "support", box=None)
    for name, numbers in classes.items():
        shares = (numbers["precision"], numbers["recall"], numbers["f1"])
        table.add_row(name, *(f"{share:.3f}" for share in shares), str(numbers["support"]))
    return table
