"""Temperatures."""

import numpy as np
import pytest

from models.training.fitting.calibration import fit_temperature


def test_temperature_undoes_overconfidence() -> None:
    """Logits that are three times too large are divided by three."""
    random = np.random.default_rng(5)
    logits = random.normal(size=(4000, 3)) * 2
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = np.array([random.choice(3, p=row) for row in shares])
    assert fit_temperature(logits * 3, labels) == pytest.approx(3, rel=0.1)
    assert fit_temperature(logits, labels) == pytest.approx(1, rel=0.1)
    assert fit_temperature(logits[:0], labels[:0]) == 1.0
