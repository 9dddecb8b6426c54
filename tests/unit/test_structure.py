"""The shape of the code: small modules, small functions, and rooms rather than loose files."""

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("schemas", "models", "streams")
MODULES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def function_lengths(path: Path) -> Iterator[tuple[str, int]]:
    """Every function of a module, and how many lines it has, its docstring included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{path.relative_to(ROOT)}: {node.name}", (node.end_lineno or node.lineno) - node.lineno + 1


def test_no_module_is_longer_than_300_lines() -> None:
    """What grows past that has more than one job."""
    lengths = {path: path.read_text(encoding="utf-8").count("\n") for path in MODULES}
    assert max(lengths.values()) > 0
    assert {str(path): length for path, length in lengths.items() if length > 300} == {}


def test_no_function_is_longer_than_60_lines() -> None:
    """And half of them are far shorter."""
    lengths = dict(length for path in MODULES for length in function_lengths(path))
    assert {name: length for name, length in lengths.items() if length > 60} == {}
    assert median(lengths.values()) <= 10


def test_streams_is_rooms_and_few_loose_files() -> None:
    """A file of its own stands beside the rooms only where every room may want it."""
    loose = [path.name for path in (ROOT / "streams").glob("*.py")]
    assert "app.py" in loose
    assert len(loose) <= 8


def test_every_module_says_what_it_is() -> None:
    """Its docstring's first line is a sentence of one line."""
    first_lines = {
        path: (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n")[0]
        for path in MODULES
    }
    assert [path for path, line in first_lines.items() if not line.endswith((".", ":", "?", "!"))] == []
