"""Phrases of sequence-to-sequence models, by the same constraint."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from generator_files import unigram_tokenizer, write_bart, write_t5
from hypothesis import given, settings
from hypothesis import strategies as st
from test_causal_generator import BATTERY, DELIVERY, ask, load, texts
from test_word_trie import bare, sentences
from transformers import AutoModelForSeq2SeqLM

from models.generation.generator import PhraseGenerator
from models.generation.steps import Prompt
from models.generation.words import FUNCTION_WORDS

WRITERS = {"t5": write_t5, "bart": write_bart}


@pytest.fixture(scope="module")
def t5(tmp_path_factory: pytest.TempPathFactory) -> PhraseGenerator:
    return load(write_t5(tmp_path_factory.mktemp("t5")), temperature=1.5)


@pytest.mark.thorough
def test_every_sample_consists_of_words_of_its_evidence(t5: PhraseGenerator) -> None:
    """As of a causal model, beside openings of other lengths."""
    openings: Counter[str] = Counter()

    @given(
        evidence=st.lists(sentences, min_size=1, max_size=2),
        opening=st.sampled_from(["", "Customers say", "The"]),
    )
    @settings(max_examples=30, deadline=None)
    def check(evidence: list[str], opening: str) -> None:
        requests = [ask(tuple(evidence), opening=opening, samples=5), ask(DELIVERY, opening="It is the")]
        [phrases, _] = t5.phrase(requests, deadline_s=60)
        known = {word.casefold() for sentence in evidence for word in sentence.split()} | FUNCTION_WORDS["en"]
        openings[opening] += len(phrases)
        for phrase in phrases:
            assert phrase.text.startswith(opening)
            assert set(bare(phrase.text[len(opening) :].lstrip())) <= known

    check()
    assert min(openings[opening] for opening in ("", "Customers say", "The")) > 0


def test_the_same_seed_writes_the_same(t5: PhraseGenerator) -> None:
    """Whatever else is in the batch."""
    [first] = texts(t5, ask(samples=8))
    assert first
    assert texts(t5, ask(DELIVERY), ask(samples=8))[1] == first


@pytest.mark.parametrize("kind", WRITERS)
def test_outputs_are_those_of_transformers(tmp_path: Path, kind: str) -> None:
    """With an opening, several samples, padding, rows taken out, and selected outputs."""
    writer: Callable[[Path], Path] = WRITERS[kind]
    directory = writer(tmp_path / kind)
    network = load(directory)._network
    plain = AutoModelForSeq2SeqLM.from_pretrained(directory).eval()
    columns = torch.tensor([3, 5, 8, 13, 21, 34])
    assert network.select(columns)
    sources = [unigram_tokenizer().encode(text).ids for text in (BATTERY[0], DELIVERY[0], BATTERY[1])]
    prompts = [Prompt(tuple(source), (9, 11), 2, 5) for source in sources]
    rows = [(source, [network.start_token, 9, 11]) for source in sources for _ in range(2)]
    steps = network.begin(prompts)
    outputs = steps.start()
    for step in range(3):
        for (source, begun), output in zip(rows, outputs, strict=True):
            with torch.inference_mode():
                wanted = plain(
                    input_ids=torch.tensor([source]), decoder_input_ids=torch.tensor([begun])
                ).logits[0, -1]
            assert torch.allclose(output, wanted[columns], atol=1e-4)
        if step == 1:
            steps.keep(torch.tensor([1, 2, 5]))
            rows = [rows[1], rows[2], rows[5]]
        following = torch.arange(len(rows)) + 20 + step
        rows = [
            (source, [*begun, int(token)]) for (source, begun), token in zip(rows, following, strict=True)
        ]
        outputs = steps.step(following)
