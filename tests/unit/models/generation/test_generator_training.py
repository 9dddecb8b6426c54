"""Training an adapter on a tiny set: it learns, it stops in time, and what it writes can be loaded."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from generator_files import write_bart, write_llama, write_pegasus, write_t5
from phrase_files import WordReader, write_fewsum, write_items
from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer
from typer.testing import CliRunner

from models.errors import ModelConfigurationError, TrainingDataError
from models.generation.adapters import CONFIG_NAME, WEIGHTS_NAME
from models.generation.generator import PhraseGenerator
from models.generation.loading import GeneratorOptions, load_generator
from models.registry.manifest import verify_manifest
from models.training.cards.report import TrainingReport
from models.training.corpora.phrase_examples import PhraseExample, batches_of, examples_of, phrase_loss
from models.training.corpora.phrase_pairs import PhrasePair
from models.training.fitting import generator_fitting
from models.training.fitting.generator_fitting import Recipe, fit_generator
from models.training.generator import train_generator
from streams.cli import app

pytestmark = pytest.mark.thorough

RECIPE = Recipe(rank=4, learning_rate=2e-2, epochs=3, batch=4)
WRITERS: dict[str, Callable[[Path], Path]] = {
    "llama": write_llama,
    "plain llama": lambda directory: write_llama(directory, chat=False),
    "t5": write_t5,
    "bart": write_bart,
    "pegasus": write_pegasus,
}
PAIR = PhrasePair(("the lid leaks", "Leaks!"), "The lid leaks.", "lid", "bad", "ours")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_fewsum(tmp_path_factory.mktemp("data"))


def train(base: Path, data: Path, out: Path, **changes: object) -> TrainingReport:
    return train_generator(
        data, out, base=f"path:{base}", progress=lambda _: None, reader=WordReader(), recipe=RECIPE, **changes
    )


def load(base: Path, adapter: Path | None) -> PhraseGenerator:
    return load_generator(f"path:{base}", GeneratorOptions(device="cpu", dtype="float32", adapter=adapter))


@pytest.mark.parametrize("kind", WRITERS)
def test_training_learns_and_can_be_loaded(data: Path, tmp_path: Path, kind: str) -> None:
    """The loss falls; the adapter merges, is asked as it was trained, and writes; the card says what was measured."""
    base, out = WRITERS[kind](tmp_path / "base"), tmp_path / "out"
    report = train(base, data, out)
    losses = report.metrics["training"]["validation_losses"]
    assert min(losses[1:]) < 0.9 * losses[0]
    verify_manifest(out)
    assert json.loads((out / CONFIG_NAME).read_text()) == {"rank": 4, "alpha": 4, "prompt": "short"}
    assert json.loads((out / "metrics.json").read_text()) == report.metrics
    assert report.examples == {"fewsum/amazon": 5, "fewsum/yelp": 5}
    card = (out / "README.md").read_text()
    assert all(f"| {name} |" in card for name in report.metrics["validation"])
    assert str(tmp_path) not in card.replace(f"path:{base}", "")
    plain, adapted = load(base, None), load(base, out)
    assert plain.version != adapted.version
    examples = examples_of(adapted._tokenizer, [PAIR], "short", encoder=is_encoder_decoder(adapted))
    assert tuple(adapted._tokens(PAIR.request())) == examples[0].prompt
    if not is_encoder_decoder(adapted):
        assert tuple(plain._tokens(PAIR.request())) != examples[0].prompt
    assert adapted.phrase([PAIR.request(samples=8, max_tokens=40)], deadline_s=60)[0]


def is_encoder_decoder(generator: PhraseGenerator) -> bool:
    return bool(generator._network.network.config.is_encoder_decoder)


@pytest.mark.parametrize("kind", WRITERS)
def test_the_loss_is_that_of_the_phrase_alone(tmp_path: Path, kind: str) -> None:
    """Of several pairs, padded, it is the sum of what each costs alone in transformers."""
    base = WRITERS[kind](tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(base)
    encoder = kind in {"t5", "bart", "pegasus"}
    network = (AutoModelForSeq2SeqLM if encoder else AutoModelForCausalLM).from_pretrained(base).eval()
    pairs = [PAIR, PhrasePair(("It hums, loudly and all day",), "It hums all day long!", "", "", "ours")]
    examples = examples_of(tokenizer, pairs, "short", encoder=encoder)
    for example, pair in zip(examples, pairs, strict=True):
        assert example.phrase[-1] == tokenizer.eos_token_id
        assert tokenizer.decode(example.phrase, skip_special_tokens=True).strip() == pair.phrase
    wanted = 0.0
    for prompt, phrase, _ in examples:
        labels = torch.tensor([phrase if encoder else (*[-100] * len(prompt), *phrase)])
        tokens = torch.tensor([prompt if encoder else (*prompt, *phrase)])
        wanted += float(network(input_ids=tokens, labels=labels).loss.detach()) * len(phrase)
    loss, count = phrase_loss(network, examples)
    assert count == sum(len(example.phrase) for example in examples)
    assert float(loss.detach()) == pytest.approx(wanted, rel=1e-4)


def test_the_same_seed_gives_the_same_bytes(data: Path, tmp_path: Path) -> None:
    """Weights and metrics; another seed gives other weights."""
    base = write_llama(tmp_path / "base")
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        train(base, data, tmp_path / name, seed=seed)
    one, again, other = ((tmp_path / name / WEIGHTS_NAME).read_bytes() for name in ("one", "again", "other"))
    assert one == again != other
    metrics = [(tmp_path / name / "metrics.json").read_bytes() for name in ("one", "again")]
    assert metrics[0] == metrics[1]


def test_the_best_epoch_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Training ends one epoch after the best, and gives that one's weights back."""
    base = write_llama(tmp_path)
    examples = [PhraseExample((5, 6, 7, number), (20, 21, 2)) for number in range(30, 38)]
    losses = iter([3.0, 2.0, 1.0, 1.5, 0.5])
    seen: list[torch.Tensor] = []

    def validation_loss(network: torch.nn.Module, *_: object) -> float:
        seen.append(network.get_submodule("model.layers.0.self_attn.q_proj").up.detach().clone())
        return next(losses)

    monkeypatch.setattr(generator_fitting, "_validation_loss", validation_loss)
    network = AutoModelForCausalLM.from_pretrained(base)
    made = fit_generator(
        network, examples, examples, Recipe(rank=2, epochs=5, batch=4), seed=1, progress=lambda _: None
    )
    assert (made.epochs, made.losses) == (2, (3.0, 2.0, 1.0, 1.5))
    kept = made.weights["model.layers.0.self_attn.q_proj.up"]
    assert torch.equal(kept, seen[2])
    assert not torch.equal(kept, seen[3])
    assert not any(name.startswith("lm_head") for name in made.weights)


def test_batches_are_of_similar_lengths() -> None:
    """Every example once, short ones first."""
    examples = [PhraseExample((1,) * length, (2,)) for length in (5, 1, 4, 2, 3)]
    batches = batches_of(examples, 2)
    assert [[len(one.prompt) for one in batch] for batch in batches] == [[1, 2], [3, 4], [5]]


def test_what_is_wrong_is_said(data: Path, tmp_path: Path) -> None:
    """No such base, no data, no pair in it."""
    out = tmp_path / "out"
    with pytest.raises(ModelConfigurationError, match="is not a directory"):
        train(tmp_path / "none", data, out)
    base = write_llama(tmp_path / "base")
    with pytest.raises(TrainingDataError, match=r"wanted amazon_train\.csv"):
        train(base, tmp_path, out)
    empty = tmp_path / "empty" / "fewsum"
    for name in ("amazon_train", "yelp_train", "amazon_val", "yelp_val"):
        write_items(empty / f"{name}.csv", [(["It came."], ["The zip of the bag is stuck."])])
    with pytest.raises(TrainingDataError, match="holds no pair"):
        train(base, empty.parent, out)
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["generator", "--base", "builtin:other"], "there is no built-in generator"),
        (["generator", "--base", "nothing"], "cannot be read"),
        (["reviews-en", "--base", "path:here"], "wanted annotated reviews in"),
        (["generator", "--lora", "8"], "--lora is of reviews-en and reviews-zh"),
        (["reviews-en", "--base", "bert"], "encoder: wanted minilm, universal, path:"),
    ],
)
def test_the_command_line_says_it_too(tmp_path: Path, arguments: list[str], wanted: str) -> None:
    """In a line, with an exit status, and without a traceback."""
    found = CliRunner().invoke(
        app, ["train", *arguments, "--data", str(tmp_path), "--output", str(tmp_path / "out")]
    )
    assert found.exit_code not in {0, None}
    assert isinstance(found.exception, SystemExit)
    assert wanted in " ".join(found.output.split())
