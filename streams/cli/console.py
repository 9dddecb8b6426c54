"""What every command shares: where it writes, how it fails, how it runs asynchronous code."""

import asyncio
import functools
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, ParamSpec, TypeVar

import orjson
import typer
from rich.text import Text

from streams import logs, settings
from streams.cli.terminal import SafeConsole, harmless_json
from streams.errors import HopelessError, ReviewstreamError, StoppedError
from streams.settings import Settings
from streams.settings.secrets import secrets_of

FAILED, MISUSED, PARTLY, INTERRUPTED = 1, 2, 3, 130

out = SafeConsole(width=None if sys.stdout.isatty() else 200)
err = SafeConsole(stderr=True)

Json = Annotated[bool, typer.Option("--json", help="Write JSON to standard output, for a machine.")]

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def command(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """A command whose foreseeable errors are one line and an exit code, never a traceback."""

    @functools.wraps(function)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        try:
            return function(*args, **kwargs)
        except StoppedError:
            raise typer.Exit(INTERRUPTED) from None
        except HopelessError as error:
            fail(str(error), MISUSED)
        except ReviewstreamError as error:
            fail(str(error), FAILED)
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            raise typer.Exit(0) from None
        raise AssertionError("unreachable")

    return run


def fail(message: str, code: int) -> None:
    """Say on standard error why the command ends, and end it."""
    err.print(Text.assemble(("error", "bold red"), f" {message}"))
    raise typer.Exit(code)


def print_json(value: object) -> None:
    """One JSON document, on one line, to standard output."""
    document = orjson.dumps(value, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS).decode()
    typer.echo(harmless_json(document))


def load_settings(role: str | None = None) -> Settings:
    """The settings, with the log configured from them.

    Args:
        role: what runs; without, this is a command whose own message says what went wrong, so libraries
            are shown in `debug` only.
    """
    loaded = settings.load()
    is_command = role is None
    level = "warning" if is_command and loaded.log.level != "debug" else loaded.log.level
    secrets = tuple(secrets_of(loaded))
    err.hide(secrets)
    libraries = "critical" if is_command else "warning"
    logs.configure(level, loaded.log.format, role=role, libraries=libraries, secrets=secrets)
    return loaded


def run_async(main: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine on the fastest event loop there is."""
    try:
        import uvloop  # noqa: PLC0415 - does not exist on Windows
    except ImportError:
        return asyncio.run(main)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


def stop_on_signals() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set; a second signal ends the process at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def ask(number: int) -> None:
        if stop.is_set():
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ask, number)
    return stop
