"""Training the head on fixed features, without an encoder."""

import numpy as np
import pytest
import torch

from models.training.head import fit_temperature, train_head


def clusters(count: int, seed: int) -> tuple[torch.Tensor, np.ndarray]:
    """Three clouds of 16-dimensional points, off the origin and of unequal scale."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 3, count)
    points = generator.normal(size=(count, 16)) + 3.0 * np.eye(16)[labels]
    return torch.tensor(points * np.linspace(1, 20, 16) + 50, dtype=torch.float32), labels


def test_it_learns_what_can_be_learnt() -> None:
    """Points it has not seen are put into the right cloud, on raw features, nine times in ten."""
    features, labels = clusters(600, seed=1)
    head = train_head(features, labels, seed=7, encoder_sha256="x").head
    unseen, answers = clusters(300, seed=2)
    found = head.probabilities(unseen).numpy()
    assert (found.argmax(axis=1) == answers).mean() > 0.9
    assert found.sum(axis=1) == pytest.approx(np.ones(300))


def test_the_same_seed_gives_the_same_weights() -> None:
    """Equal to the last bit, whatever the global random state is; another seed gives others."""
    features, labels = clusters(200, seed=3)
    torch.manual_seed(1)
    first = train_head(features, labels, seed=7, encoder_sha256="x")
    torch.manual_seed(2)
    again = train_head(features, labels, seed=7, encoder_sha256="x")
    other = train_head(features, labels, seed=8, encoder_sha256="x")
    weights = [run.head.network.hidden.weight for run in (first, again, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    assert first.head.temperature == again.head.temperature


def test_training_leaves_the_global_random_state_alone() -> None:
    """Whoever draws random numbers around a training run draws the same ones."""
    features, labels = clusters(100, seed=4)
    torch.manual_seed(5)
    wanted = torch.rand(3)
    torch.manual_seed(5)
    train_head(features, labels, seed=7, encoder_sha256="x")
    assert torch.equal(torch.rand(3), wanted)


def test_a_rare_class_counts_as_much_as_the_others() -> None:
    """With one example of a class in twenty it is still found, most of the time."""
    features, labels = clusters(900, seed=6)
    kept = (labels != 0) | (np.arange(900) % 10 == 0)
    head = train_head(features[torch.from_numpy(kept)], labels[kept], seed=7, encoder_sha256="x").head
    unseen, answers = clusters(300, seed=7)
    found = head.probabilities(unseen).numpy().argmax(axis=1)
    assert (found[answers == 0] == 0).mean() > 0.7


def test_temperature_undoes_overconfidence() -> None:
    """Logits three times too large get the temperature 3, within the grid's step."""
    generator = np.random.default_rng(8)
    logits = generator.normal(size=(20_000, 3))
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (probabilities.cumsum(axis=1) < generator.random((20_000, 1))).sum(axis=1)
    assert fit_temperature(logits * 3, labels) == pytest.approx(3.0, rel=0.06)
