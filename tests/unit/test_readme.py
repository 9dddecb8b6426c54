"""The README tells the truth about what can be checked by a machine."""

import re
from pathlib import Path

from streams.cli import app
from streams.settings import variables

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")


def test_every_setting_is_documented_as_it_is() -> None:
    """The table of settings is the one that the code has: names, defaults and meanings."""
    table = README.split("<!-- settings", 1)[1].split("<!-- /settings", 1)[0]
    told = [line for line in table.splitlines() if line.startswith("| `")]
    assert told == [
        f"| `{name}` | {f'`{default}`' if default else ''} | {meaning} |"
        for name, default, meaning in variables()
    ]


def test_every_command_is_documented() -> None:
    """The table of commands names every command there is."""
    commands = {command.callback.__name__ for command in app.registered_commands if command.callback}
    told = set(
        re.findall(r"^\| `(\w+)", README.split("## Using it", 1)[1].split("## Words", 1)[0], re.MULTILINE)
    )
    assert commands | {"topics", "bench", "serving"} == told
