"""The second built-in generator, where its packages are installed: it reads and writes English and Chinese."""

import importlib.util
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from models.generation.generator import PhraseGenerator
from models.generation.interfaces import PhraseRequest
from models.generation.loading import GeneratorOptions, load_generator
from models.generation.packaged import GEMMA
from models.generation.ranking import rank, support

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(
        any(
            importlib.util.find_spec(name) is None
            for name in ("gguf", *(module for module, _ in GEMMA.files))
        ),
        reason="the packages of Gemma 3 270M, or gguf, are not installed",
    ),
]

KEY_POINTS = Path(__file__).parent / "key_points_zh.tsv"
# Perplexities are 8 to 40 where all is right, and thousands where a norm or a token is wrong.
SENTENCES = [
    "The hotel was close to the station, and the staff were friendly and helpful.",
    "Paris is the capital of France, and Berlin is the capital of Germany.",
    "这家酒店离地铁站很近，服务员的态度也很好。",
    "北京是中国的首都，东京是日本的首都。",
]
TEXTS = [
    *SENTENCES,
    "电池不太耐用，😀👍🏽 🇨🇳 12345 3.5",
    "龘靐齉㐀𠀀 naïve  café\n\n\tx",
    " <b>¥3</b> ",
    "Привет こんにちは",
]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    threads = torch.get_num_threads()
    yield tmp_path_factory.mktemp("cache")
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def base(cache: Path) -> PhraseGenerator:
    options = GeneratorOptions(device="cpu", dtype="float32", cache=cache, adapter=None)
    return load_generator("builtin:gemma-3-270m", options)


@pytest.fixture(scope="module")
def gemma(cache: Path) -> PhraseGenerator:
    return load_generator("builtin:gemma-3-270m", GeneratorOptions(device="cpu", cache=cache))


def key_points() -> list[PhraseRequest]:
    lines = (line.split("\t") for line in KEY_POINTS.read_text(encoding="utf-8").splitlines())
    return [
        PhraseRequest("zh", tuple(evidence.split(" | ")), aspect, polarity, max_tokens=40)
        for evidence, aspect, polarity in lines
    ]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_ordinary_sentences_are_likely(base: PhraseGenerator, sentence: str) -> None:
    """Weights, configuration and tokens fit each other."""
    tokens = torch.tensor([base._backend.encode(sentence).ids])
    with torch.inference_mode():
        outputs = base._network.network(tokens).logits
    loss = torch.nn.functional.cross_entropy(outputs[0, :-1], tokens[0, 1:])
    assert math.exp(loss) < 80


@pytest.mark.parametrize("text", TEXTS)
def test_texts_come_back(gemma: PhraseGenerator, text: str) -> None:
    """Behind the bos token; Chinese in words, not in characters."""
    tokens = gemma._backend.encode(text).ids
    assert tokens[0] == gemma._tokenizer.bos_token_id
    assert gemma._backend.decode(tokens) == text
    assert len(tokens) - 1 <= len(text.encode())
    if text in SENTENCES:
        assert len(tokens) - 1 < 0.8 * len(text)


@pytest.mark.parametrize("name", ["base", "gemma"])
def test_it_says_what_the_evidence_says_in_chinese(
    name: str, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every request gets a phrase, of stretches of its evidence, with the adapter that is shipped and without."""
    gemma: PhraseGenerator = request.getfixturevalue(name)
    requests = key_points()[::3]
    found = gemma.phrase(requests, deadline_s=300)
    with capsys.disabled():
        for asked, phrases in zip(requests, found, strict=True):
            print(f"\n{rank(phrases, asked.evidence, 'zh')[0].text}", end="")
    for asked, phrases in zip(requests, found, strict=True):
        assert phrases
        for phrase in phrases:
            assert support(phrase.text, asked.evidence, "zh") > 0.5
            assert phrase.text.endswith(("。", "！"))


def test_it_writes_english_too(gemma: PhraseGenerator) -> None:
    """In words of the evidence; its name and languages are known."""
    request = PhraseRequest(
        "en", ("It is so loud that I cannot watch TV.", "the fan is noisy"), "noise", "bad"
    )
    [phrases] = gemma.phrase([request], deadline_s=120)
    assert phrases
    assert all(support(phrase.text, request.evidence) == 1.0 for phrase in phrases)
    assert gemma.name == "gemma-3-270m"
    assert gemma.languages == frozenset({"en", "zh"})
