"""Exit codes: a supervisor tells by them whether starting again can help."""

import click
import pytest
import typer
from aiokafka import TopicPartition

from streams.cli.console import FAILED, MISUSED, command
from streams.errors import ConfigurationError, FatalError, ReviewstreamError
from streams.kafka.record_batches import UndecodableBatchError
from streams.local.supervisor import RestartPolicy


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigurationError("no broker"), MISUSED),
        (UndecodableBatchError(TopicPartition("new-review", 0), 1, 2, "corrupt"), MISUSED),
        (FatalError("the broker went away"), FAILED),
    ],
)
def test_what_starting_again_cannot_help_has_an_exit_code_of_its_own(
    error: ReviewstreamError, code: int
) -> None:
    """A supervisor gives such a role up at once, and starts every other one again."""

    @command
    def run() -> None:
        raise error

    with pytest.raises((typer.Exit, click.exceptions.Exit)) as ended:
        run()
    assert ended.value.exit_code == code
    assert (code in RestartPolicy().hopeless_exit_codes) == (code == MISUSED)
