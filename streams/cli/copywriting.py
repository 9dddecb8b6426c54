"""`write`: copy about products of a file, each sentence with what it rests on."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from schemas.copywriting import COPY_KINDS, CopyKind
from streams.cli.console import FAILED, PARTLY, Json, command, err, load_settings, out, print_json
from streams.cli.import_progress import progress_line
from streams.copywriting import NO_RULES, TONES, CopyWriter, Subject, Written, kinds, read_house_rules
from streams.errors import ConfigurationError
from streams.offline.copywriting import (
    LENGTHS,
    Wish,
    document_of,
    read_products,
    read_summaries,
    write_copy,
)

_PRODUCTS = "JSON or JSONL of products"
_TOLD_EVERY_S = 2.0
_MOST_SOURCES = 4


KindName = Annotated[str, typer.Argument(help=f"What to write: {', '.join(COPY_KINDS)}.")]
ProductFile = Annotated[
    Path | None, typer.Option(help=f"{_PRODUCTS}; the first one is written about.", dir_okay=False)
]
BatchFile = Annotated[Path | None, typer.Option(help=f"{_PRODUCTS}; all are written about.", dir_okay=False)]
OtherFiles = Annotated[
    list[Path] | None, typer.Option("--with", help="Of a comparison: the other products.", dir_okay=False)
]
SummaryFile = Annotated[
    Path | None,
    typer.Option(help="What reviews say: records of product-summary, JSON or JSONL.", dir_okay=False),
]
LanguageName = Annotated[str | None, typer.Option(help="en, zh or es; else that of the product.")]
ToneName = Annotated[str | None, typer.Option(help=f"{', '.join(TONES)}.")]
SeasonName = Annotated[str | None, typer.Option(help="e.g. winter, Christmas, 春节.")]
AudienceName = Annotated[str | None, typer.Option(help="Whom it is for, e.g. students.")]
LengthName = Annotated[str | None, typer.Option(help=f"{', '.join(LENGTHS)}.")]
MostWords = Annotated[int | None, typer.Option(help="The most words (Chinese: characters).")]
MostCharacters = Annotated[int | None, typer.Option(help="The most characters.")]
ChannelName = Annotated[str | None, typer.Option(help="Of an ad: search, feed, push or email.")]
StyleName = Annotated[
    str | None, typer.Option(help="Of a draft review: plain, brief, enthusiastic or critical.")
]
Stars = Annotated[float | None, typer.Option(help="Of a draft review, or of the one replied to.")]
NotesText = Annotated[str | None, typer.Option(help="What a draft review is to say.")]
Pros = Annotated[list[str] | None, typer.Option(help="What is good; repeat it for more.")]
Cons = Annotated[list[str] | None, typer.Option(help="What is not; repeat it for more.")]
ReviewText = Annotated[str | None, typer.Option(help="The review to reply to.")]
Questions = Annotated[
    list[str] | None, typer.Option(help="A question; repeat it for a dialogue of several turns.")
]
Captions = Annotated[list[str] | None, typer.Option(help="What a picture shows; repeat it.")]
Interests = Annotated[list[str] | None, typer.Option(help="What the shopper likes; repeat it.")]
ViewedFile = Annotated[Path | None, typer.Option(help="Products that the shopper viewed.", dir_okay=False)]
BoughtFile = Annotated[Path | None, typer.Option(help="Products that the shopper bought.", dir_okay=False)]
CartFile = Annotated[Path | None, typer.Option(help="Products in the shopper's cart.", dir_okay=False)]
Variants = Annotated[int, typer.Option(min=1, max=10, help="How many ways to put it.")]
RulesFile = Annotated[Path | None, typer.Option(help="The shop's own rules, a TOML file.", dir_okay=False)]
Generation = Annotated[int, typer.Option(min=0, help="Another number gives other words.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(write)


@command
def write(
    kind: KindName,
    product: ProductFile = None,
    batch: BatchFile = None,
    beside: OtherFiles = None,
    summary: SummaryFile = None,
    language: LanguageName = None,
    tone: ToneName = None,
    season: SeasonName = None,
    audience: AudienceName = None,
    length: LengthName = None,
    words: MostWords = None,
    characters: MostCharacters = None,
    channel: ChannelName = None,
    style: StyleName = None,
    stars: Stars = None,
    notes: NotesText = None,
    pro: Pros = None,
    con: Cons = None,
    review: ReviewText = None,
    question: Questions = None,
    caption: Captions = None,
    interest: Interests = None,
    viewed: ViewedFile = None,
    bought: BoughtFile = None,
    cart: CartFile = None,
    variants: Variants = 1,
    house_rules: RulesFile = None,
    generation: Generation = 0,
    as_json: Json = False,
) -> None:
    """Write copy about products, every sentence with what it rests on.

    Exits with 1 if it was refused, with 3 if some products of a batch were.
    """
    load_settings()
    fields = {
        "language": language, "tone": tone, "season": season, "audience": audience, "max_words": words,
        "max_characters": characters, "channel": channel, "style": style, "rating": stars, "notes": notes,
        "pros": pro, "cons": con, "review_text": review, "captions": caption, "interests": interest,
        "variants": variants,
    }  # fmt: skip
    summaries = None if summary is None else read_summaries(summary)
    wish = Wish(
        kind=_kind(kind),
        fields=fields,
        length=_length(length),
        viewed=_products_of(viewed),
        bought=_products_of(bought),
        cart=_products_of(cart),
    )
    writer = CopyWriter(NO_RULES if house_rules is None else read_house_rules(house_rules))
    subjects = read_products(_file_of(product, batch), summaries)
    if batch is not None:
        _write_all(writer, wish, subjects, question, generation, as_json=as_json)
    else:
        others = [subject for file in beside or () for subject in read_products(file, summaries)]
        _write_one(writer, wish, [subjects[0], *others], question, generation, as_json=as_json)


def _products_of(file: Path | None) -> list[Subject]:
    return [] if file is None else read_products(file)


def _file_of(product: Path | None, batch: Path | None) -> Path:
    """The file of what is written about: one of both."""
    file = product or batch
    if file is None or (product is not None and batch is not None):
        raise ConfigurationError("write: wanted either --product FILE or --batch FILE")
    return file


def _kind(name: str) -> CopyKind:
    known = kinds()
    if name not in known:
        raise ConfigurationError(f"write: wanted one of {', '.join(known)}, got {name!r}")
    return known[name].name


def _length(length: str | None) -> str | None:
    if length is not None and length not in LENGTHS:
        raise ConfigurationError(f"--length: wanted {', '.join(LENGTHS)}, got {length!r}")
    return length


def _asked(wish: Wish, questions: Sequence[str] | None) -> list[Wish]:
    """The wish for each question of a dialogue, or the wish alone where there is none."""
    each: Sequence[str | None] = questions or (None,)
    return [replace(wish, fields={**wish.fields, "question": question}) for question in each]


def _write_one(
    writer: CopyWriter,
    wish: Wish,
    about: list[Subject],
    questions: list[str] | None,
    generation: int,
    *,
    as_json: bool,
) -> None:
    turns: list[dict[str, str]] = []
    refused = 0
    for asked in _asked(wish, questions):
        started = time.monotonic()
        current = replace(asked, fields={**asked.fields, "turns": list(turns)})
        written = write_copy(writer, current, about, generation=generation)
        seconds = time.monotonic() - started
        refused += not written.variants
        question = asked.fields.get("question")
        if isinstance(question, str) and written.variants:
            turns += [
                {"speaker": "shopper", "text": question},
                {"speaker": "shop", "text": written.variants[0].text},
            ]
        if as_json:
            print_json(document_of(written, seconds))
        else:
            _print(written, question if isinstance(question, str) else None)
    if refused:
        raise typer.Exit(FAILED)


def _write_all(
    writer: CopyWriter,
    wish: Wish,
    subjects: list[Subject],
    questions: list[str] | None,
    generation: int,
    *,
    as_json: bool,
) -> None:
    started = told = time.monotonic()
    refused = 0
    for number, subject in enumerate(subjects, start=1):
        for asked in _asked(wish, questions):
            begun = time.monotonic()
            written = write_copy(writer, asked, [subject], generation=generation)
            refused += not written.variants
            if as_json:
                print_json(document_of(written, time.monotonic() - begun))
            else:
                out.print(f"{subject.product_id}  {_line(written)}")
        if time.monotonic() - told >= _TOLD_EVERY_S:
            told = time.monotonic()
            err.print(
                progress_line(number, told - started, number / len(subjects)).replace("rows", "products")
            )
    seconds = time.monotonic() - started
    err.print(f"{len(subjects):,} products in {seconds:.1f} s, {refused:,} refused")
    if refused:
        raise typer.Exit(FAILED if refused == len(subjects) else PARTLY)


def _line(written: Written) -> str:
    if written.variants:
        return " | ".join(variant.text.replace("\n", " ") for variant in written.variants)
    return f"refused: {written.refusals[0].reason}"


def _print(written: Written, question: str | None) -> None:
    if not written.variants:
        refusal = written.refusals[0]
        err.print(f"refused ({refusal.kind}): {refusal.reason}")
    if question is not None and written.request.kind == "answer":
        out.print(f"? {question}")
    for variant in written.variants:
        out.print(variant.text)
        for claim in variant.claims:
            sources = [f"{source.reference}: {source.quote}" for source in claim.evidence[:_MOST_SOURCES]]
            more = len(claim.evidence) - len(sources)
            told = "; ".join(sources) + (f"; and {more} more" if more > 0 else "")
            out.print(
                f"   {claim.text if len(variant.claims) > 1 else ''}  <- {told or 'claims nothing'}".rstrip()
            )
        out.print("")
    for left in written.dropped:
        err.print(f"left out ({left.check}): {left.reason}")
