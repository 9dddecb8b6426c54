"""What `make` does to install: each step is said, and the pins hold whichever installer there is."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAKE = shutil.which("make")


def recipe(path: Path) -> list[str]:
    """What `make setup` would run with this directory on its path, and no uv but what is in it."""
    assert MAKE is not None
    system = "" if shutil.which("uv", path="/usr/bin:/bin") else ":/usr/bin:/bin"
    done = subprocess.run(
        [MAKE, "-n", "-B", "setup"],
        cwd=ROOT,
        env={"PATH": f"{path}{system}"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


@pytest.mark.skipif(MAKE is None, reason="make is not installed")
@pytest.mark.parametrize("has_uv", [False, True])
def test_the_pins_are_used_by_whichever_installer_there_is(tmp_path: Path, has_uv: bool) -> None:
    """Uv where it is on the path, else pip; both with the constraints, and both into .venv."""
    if has_uv:
        uv = tmp_path / "uv"
        uv.write_text("#!/bin/sh\nexit 1\n")
        uv.chmod(0o755)
    installs = [line for line in recipe(tmp_path) if "install " in line and "echo" not in line]
    wanted = f"{tmp_path}/uv pip install --python .venv/bin/python" if has_uv else ".venv/bin/pip install"
    assert len(installs) == 2
    assert all(line.startswith(wanted) for line in installs)
    assert "-c constraints.txt" in installs[0]
    assert "--no-deps" in installs[1]
    assert "torch==" in (ROOT / "constraints.txt").read_text()


@pytest.mark.skipif(MAKE is None, reason="make is not installed")
def test_no_step_is_silent(tmp_path: Path) -> None:
    """Each says which it is of how many, before it begins, and no installer is told to be quiet."""
    lines = recipe(tmp_path)
    said = [line for line in lines if re.match(r'echo "==> \d of \d: ', line)]
    assert [line[10:16] for line in said] == ["1 of 3", "2 of 3", "3 of 3"]
    assert re.search(r" [1-9]\d+ packages", said[1])
    assert not [line for line in lines if "--quiet" in line or " -q" in line]
    assert lines.index(said[1]) < next(
        number for number, line in enumerate(lines) if "constraints.txt" in line
    )
