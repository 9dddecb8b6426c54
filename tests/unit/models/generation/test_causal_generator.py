"""Phrases of a causal model: constraint, opening, deadline, seed, shared prefix and selected outputs."""

import copy
from collections import Counter
from pathlib import Path

import pytest
import torch
from generator_files import CAUSAL_SHAPE, write_llama
from hypothesis import given, settings
from hypothesis import strategies as st
from test_word_trie import bare, sentences
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    Gemma3TextConfig,
    MistralConfig,
    PreTrainedConfig,
)

from models.generation import decoding
from models.generation.attention import ATTENTION_NAME, register_attention
from models.generation.causal import CausalNetwork
from models.generation.generator import DecodingOptions, PhraseGenerator
from models.generation.interfaces import PhraseRequest
from models.generation.loading import GeneratorOptions, load_generator
from models.generation.prompts import chat_prompt
from models.generation.steps import Prompt
from models.generation.words import FUNCTION_WORDS

BATTERY = ("The battery lasts two full days.", "Battery easily goes 2 days between charges")
DELIVERY = ("Delivery took 3 weeks and nobody answered my e-mails!",)


@pytest.fixture(scope="module")
def generator(llama: Path) -> PhraseGenerator:
    return load(llama, temperature=1.5)


def load(directory: Path, *, shares_prefix: bool = True, **decoding: object) -> PhraseGenerator:
    options = GeneratorOptions(
        device="cpu", dtype="float32", shares_prefix=shares_prefix, decoding=DecodingOptions(**decoding)
    )
    return load_generator(f"path:{directory}", options)


def ask(evidence: tuple[str, ...] = BATTERY, **changes: object) -> PhraseRequest:
    settings = {"aspect": "battery", "polarity": "good", "max_tokens": 40, "samples": 3} | changes
    return PhraseRequest("en", evidence, **settings)


def texts(generator: PhraseGenerator, *requests: PhraseRequest) -> list[list[str]]:
    return [[phrase.text for phrase in found] for found in generator.phrase(requests, deadline_s=60)]


@pytest.mark.thorough
def test_every_sample_consists_of_words_of_its_evidence(generator: PhraseGenerator) -> None:
    """Beside requests with other evidence, in one batch; and each begins as it is told to."""
    openings: Counter[str] = Counter()

    @given(
        evidence=st.lists(sentences, min_size=1, max_size=2),
        opening=st.sampled_from(["", "Customers say", "The"]),
    )
    @settings(max_examples=40, deadline=None)
    def check(evidence: list[str], opening: str) -> None:
        asked = ask(tuple(evidence), opening=opening, samples=5)
        [phrases, _] = generator.phrase([asked, ask(DELIVERY, samples=2)], deadline_s=60)
        known = {word.casefold() for sentence in evidence for word in sentence.split()} | FUNCTION_WORDS["en"]
        openings[opening] += len(phrases)
        for phrase in phrases:
            assert phrase.text.startswith(opening)
            assert set(bare(phrase.text[len(opening) :].lstrip())) <= known
            assert phrase.text.endswith((".", "!"))
            assert phrase.mean_log_probability <= 0

    check()
    assert min(openings[opening] for opening in ("", "Customers say", "The")) > 0


def test_the_same_seed_writes_the_same(llama: Path, generator: PhraseGenerator) -> None:
    """Whatever else is in the batch; another seed writes something else."""
    asked = ask(samples=6)
    [first] = texts(generator, asked)
    again = texts(load(llama, temperature=1.5), ask(DELIVERY), asked, ask(BATTERY[:1]))
    assert first
    assert again[1] == first
    assert texts(load(llama, temperature=1.5, seed=1), asked) != [first]


def test_small_batches_write_the_same(llama: Path, generator: PhraseGenerator) -> None:
    """A request is answered in its place whichever batch it was in."""
    requests = [ask(), ask(DELIVERY), ask(BATTERY[:1]), ask(DELIVERY, opening="It")]
    assert texts(load(llama, temperature=1.5, most_rows=3), *requests) == texts(generator, *requests)


@pytest.mark.parametrize("attention", [ATTENTION_NAME, "eager", "sdpa"])
def test_a_shared_prefix_changes_nothing(llama: Path, generator: PhraseGenerator, attention: str) -> None:
    """Outputs, over several steps and with rows taken out, are those of whole prompts in transformers."""
    network = load(llama)._network
    assert isinstance(network, CausalNetwork)
    assert network.attends_beside
    network.network.set_attn_implementation(attention)
    network.attends_beside = attention == ATTENTION_NAME
    tokens = [tuple(range(10, 40)) + tail for tail in ((50, 51, 52), (60,), (70, 71, 72, 73, 74))]
    network.remember_prefix(tokens[0][:30])
    prompts = [Prompt(one, (), 2, 4) for one in tokens]
    steps = network.begin(prompts)
    assert steps._shared == 30
    plain = AutoModelForCausalLM.from_pretrained(llama).eval()
    rows = [list(one) for one in tokens for _ in range(2)]
    outputs = steps.start()
    for step in range(3):
        for row, output in zip(rows, outputs, strict=True):
            with torch.inference_mode():
                wanted = plain(input_ids=torch.tensor([row])).logits[0, -1]
            assert torch.allclose(output, wanted, atol=1e-4)
        if step == 1:
            steps.keep(torch.tensor([0, 3, 5]))
            rows = [rows[0], rows[3], rows[5]]
        following = torch.arange(len(rows)) + 80 + step
        rows = [[*row, int(token)] for row, token in zip(rows, following, strict=True)]
        outputs = steps.step(following)
    requests = [ask(), ask(DELIVERY, opening="The")]
    assert texts(load(llama, temperature=1.5, shares_prefix=False), *requests) == texts(generator, *requests)


@pytest.mark.parametrize("window", [12, 200])
@pytest.mark.parametrize("kind", [MistralConfig, Gemma3TextConfig])
def test_a_sliding_window_sees_what_it_should(kind: type[PreTrainedConfig], window: int) -> None:
    """Prompts longer than the window share nothing; shorter ones do; outputs are those of transformers.

    Also where some of the layers see everything, as Gemma's do.
    """
    torch.manual_seed(0)
    config = kind(
        vocab_size=120,
        **CAUSAL_SHAPE,
        num_hidden_layers=7,
        head_dim=8,
        sliding_window=window,
        initializer_range=0.3,
    )
    whole = AutoModelForCausalLM.from_config(config).eval()
    register_attention()
    shared = copy.deepcopy(whole)
    shared.set_attn_implementation(ATTENTION_NAME)
    network = CausalNetwork(shared, "cpu")
    network.remember_prefix(range(10, 40))
    tokens = [tuple(range(10, 40)) + tail for tail in ((50, 51, 52), (60,))]
    steps = network.begin([Prompt(one, (), 1, 4) for one in tokens])
    assert steps._shared == (30 if window == 200 else 0)
    for output in (steps.start(), steps.step(torch.tensor([70, 71]))):
        for row, one in enumerate(tokens):
            with torch.inference_mode():
                wanted = whole(input_ids=torch.tensor([one])).logits[0, -1]
            assert torch.allclose(output[row], wanted, atol=1e-4)
        tokens = [(*one, 70 + row) for row, one in enumerate(tokens)]


def test_padding_pushes_no_prefix_out_of_the_window() -> None:
    """A short prompt with a long phrase, beside a long prompt with a short one, needs more places than either."""
    torch.manual_seed(0)
    config = MistralConfig(
        vocab_size=120, hidden_size=32, intermediate_size=48, num_hidden_layers=1, num_attention_heads=4,
        num_key_value_heads=2, sliding_window=50,
    )  # fmt: skip
    network = CausalNetwork(AutoModelForCausalLM.from_config(config).eval(), "cpu")
    network.remember_prefix(range(10, 40))
    short, long = Prompt((*range(10, 40), 50), (), 1, 18), Prompt((*range(10, 40), *range(50, 66)), (), 1, 2)
    assert network.begin([short])._shared == network.begin([long])._shared == 30
    assert network.begin([short, long])._shared == 0


def test_selected_outputs_choose_the_same(
    llama: Path, generator: PhraseGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Phrases and their probabilities are those of the whole output matrix."""
    monkeypatch.setattr(decoding, "_COMMONEST", 40)
    monkeypatch.setattr("models.generation.output_rows._LARGEST_SHARE", 0.9)
    selections: list[object] = []
    select = CausalNetwork.select
    monkeypatch.setattr(
        CausalNetwork, "select", lambda self, rows: selections.append(rows) or select(self, rows)
    )
    requests = [ask(samples=5), ask(DELIVERY, opening="The", samples=5)]
    sliced = generator.phrase(requests, deadline_s=60)
    assert selections[0] is not None
    whole = load(llama, temperature=1.5, sliced=False).phrase(requests, deadline_s=60)
    assert selections[-1] is None
    for some, others in zip(sliced, whole, strict=True):
        assert [phrase.text for phrase in some] == [phrase.text for phrase in others]
        for one, other in zip(some, others, strict=True):
            assert one.mean_log_probability == pytest.approx(other.mean_log_probability, abs=1e-4)


def test_without_constraint_the_likeliest_is_that_of_transformers(llama: Path) -> None:
    """At temperature 0, a phrase begins as transformers' own greedy search does."""
    request = ask(copied=False, samples=1, max_tokens=40)
    generator = load(llama, temperature=0)
    tokenizer = AutoTokenizer.from_pretrained(llama)
    prompt = tokenizer(chat_prompt(tokenizer, request), add_special_tokens=False, return_tensors="pt")
    plain = AutoModelForCausalLM.from_pretrained(llama).eval()
    written = plain.generate(**prompt, do_sample=False, max_new_tokens=12, pad_token_id=0)[0]
    wanted = written[prompt["input_ids"].shape[1] :].tolist()
    network = generator._network
    tokens = tuple(prompt["input_ids"][0].tolist())
    steps = network.begin([Prompt(tokens, (), 1, 12)])
    outputs = steps.start()
    got = []
    for _ in wanted:
        got.append(int(outputs.argmax()))
        outputs = steps.step(torch.tensor(got[-1:]))
    assert got == wanted


def test_a_deadline_returns_what_is_finished(llama: Path) -> None:
    """No step begins after it; what was finished before is returned."""
    moments = iter(range(10_000))
    generator = load(llama, temperature=1.5)
    generator._clock = lambda: float(next(moments))
    assert generator.phrase([ask(), ask(DELIVERY)], deadline_s=0) == [[], []]
    everything = generator.phrase([ask(samples=20)], deadline_s=10_000)[0]
    some = generator.phrase([ask(samples=20)], deadline_s=14)[0]
    assert 0 < len(some) < len(everything)
    assert set(some) <= set(everything)


def test_blocked_words_are_said_nowhere(llama: Path) -> None:
    """Neither with the constraint nor without it; the same requests say them where they are not blocked."""
    words = frozenset({"battery", "days", "the"})

    def said(generator: PhraseGenerator) -> list[set[str]]:
        asked = texts(generator, ask(samples=20), ask(samples=20, copied=False))
        assert all(asked)
        return [
            set(" ".join(phrases).lower().replace(".", " ").replace("!", " ").split()) for phrases in asked
        ]

    assert words & said(load(llama, temperature=1.5))[0]
    assert not any(words & one for one in said(load(llama, temperature=1.5, blocked=words)))


def test_a_base_model_is_asked_without_turns(tmp_path: Path) -> None:
    """A checkpoint without a chat template works, with an opening and without."""
    generator = load(write_llama(tmp_path / "base", chat=False), temperature=1.5)
    begun, free = texts(generator, ask(opening="The", samples=8), ask(samples=8))
    assert begun
    assert free
    assert all(text.startswith("The ") for text in begun)


def test_what_cannot_be_asked() -> None:
    """Requests out of range are refused where they are made."""
    for changes in (
        {"evidence": ()},
        {"evidence": (" ",)},
        {"max_tokens": 41},
        {"max_tokens": 0},
        {"samples": 0},
    ):
        with pytest.raises(ValueError, match=r"wanted|must be"):
            ask(**changes)


def test_what_does_not_fit(llama: Path) -> None:
    """A language that the model does not write is named; evidence without a word gives no phrase."""
    options = GeneratorOptions(device="cpu", dtype="float32", languages=frozenset({"de"}))
    with pytest.raises(ValueError, match="writes de, and was asked for 'en'"):
        load_generator(f"path:{llama}", options).phrase([ask()], deadline_s=1)
    assert load(llama, blocked=FUNCTION_WORDS["en"]).phrase([ask(("!!",))], deadline_s=10) == [[]]
