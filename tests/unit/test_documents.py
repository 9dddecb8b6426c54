"""What stands in the documents runs, fits its contract, and leads somewhere."""

import re
import shlex
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
import typer

from schemas.topics import TOPICS
from streams.app import ROLES
from streams.cli import app
from streams.settings import PREFIX, variables
from tests.unit.documents import (
    DOCUMENTS,
    ROOT,
    Block,
    anchors,
    blocks,
    inline_code,
    links,
    prose_of,
    text_of,
)

BLOCKS = list(blocks())
CONTRACTS = {topic.contract.__name__: topic.contract for topic in TOPICS}
#: Blocks that are not run, each with its reason before it: what programs printed, and names to be filled in.
NOT_RUN = 4
PROGRAM = "reviewstream"
_CONTRACT = re.compile(r"contract: `(\w+)`")
_ASSIGNMENT = re.compile(r"^\w+=")
_VARIABLE = re.compile(rf"{PREFIX}[A-Z0-9_]*[A-Z0-9]")
_PATH = re.compile(
    r"(?:schemas|models|streams|tests|docs|\.ci)(?:/[\w.-]+)*/?|[\w.-]+\.(?:md|toml|yml|txt)|Makefile"
)
#: What typer says of a file or directory that is on the reader's machine and not on this one.
_NO_FILE = "does not exist"
_TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def of_language(*languages: str) -> list[Block]:
    return [block for block in BLOCKS if block.language in languages and block.not_run is None]


def commands_of(block: Block) -> Iterator[list[str]]:
    """The commands of a shell block, without comments and variables set before them."""
    for line in block.text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        while words and _ASSIGNMENT.match(words[0]):
            words = words[1:]
        if words:
            yield words


def problem_of(words: list[str]) -> str | None:
    """Why the program would not understand these words; nothing is run."""
    command: Any = typer.main.get_command(app)
    left = list(words)
    while hasattr(command, "commands") and not left[0].startswith("-"):
        if left[0] not in command.commands:
            return f"there is no command {left[0]!r}"
        command = command.commands[left.pop(0)]
    try:
        context = command.make_context(PROGRAM, left)
    except Exception as error:  # noqa: BLE001 - typer keeps the class of these to itself
        return None if _NO_FILE in str(error) else f"{type(error).__name__}: {error}"
    role = context.params.get("role")
    return None if role is None or role in ROLES else f"there is no role {role!r}"


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_every_block_is_run_or_says_why_not(block: Block) -> None:
    """A block has a language that is run, or a comment before it that says why it is not."""
    assert block.language in {"json", "sh", "python", "mermaid"} or block.not_run, str(block)


def test_few_blocks_are_not_run() -> None:
    """Whoever adds a block that is not run has to count it here."""
    assert len([block for block in BLOCKS if block.not_run]) == NOT_RUN


@pytest.mark.parametrize("block", of_language("json"), ids=str)
def test_events_fit_the_contract_named_before_them(block: Block) -> None:
    """An event in a document is one that a reader of its contract accepts."""
    named = _CONTRACT.findall(block.before)
    assert named, f"{block}: no (contract: `Name`) before it"
    contract = CONTRACTS[named[-1]]
    contract.model_validate_json(block.text)
    unknown = set(orjson.loads(block.text)) - set(contract.model_fields)
    assert not unknown, f"{block}: {contract.__name__} has no {', '.join(sorted(unknown))}"


@pytest.mark.parametrize("block", of_language("sh"), ids=str)
def test_commands_are_understood(block: Block) -> None:
    """Every command of ours exists with its options, every make target is there, every test file too."""
    for words in commands_of(block):
        _check_command(words, str(block))


def _check_command(words: list[str], where: str) -> None:
    program, *rest = words
    if program == PROGRAM:
        assert problem_of(rest) is None, f"{where}: {' '.join(words)}: {problem_of(rest)}"
    elif program == "make":
        targets = {word for word in rest if "=" not in word}
        assert targets <= _TARGETS, f"{where}: the Makefile has no {targets - _TARGETS}"
    elif program == "pytest":
        paths = [word for word in rest if word.startswith("tests/")]
        assert all((ROOT / path.partition("::")[0]).exists() for path in paths), f"{where}: {paths}"
    elif program == "python":
        assert (ROOT / f"{rest[1].replace('.', '/')}.py").exists(), f"{where}: {rest}"
    else:
        assert program in {"export", "docker", "pip", "git", "cd"}, f"{where}: is {program} known?"


@pytest.mark.parametrize("block", of_language("python"), ids=str)
def test_python_runs(block: Block) -> None:
    """Python in a document runs as it stands."""
    exec(compile(block.text, str(block), "exec"), {})  # noqa: S102


@pytest.mark.parametrize("document", DOCUMENTS)
def test_inline_commands_exist(document: str) -> None:
    """A command of ours in running text has its name and its options; its arguments may be left out."""
    for code in inline_code(document):
        words = shlex.split(code) if code.startswith((f"{PROGRAM} ", "make ")) else []
        if words[:1] == ["make"]:
            _check_command(words, document)
        elif words:
            problem = problem_of(words[1:]) or ""
            assert not problem or "Missing" in problem, f"{document}: {code}: {problem}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    """A link to a file of the project finds the file, and the heading in it."""
    for target in links(document):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        linked = (ROOT / document).parent / path if path else ROOT / document
        assert linked.exists(), f"{document}: there is no {target}"
        if anchor:
            name = linked.resolve().relative_to(ROOT).as_posix()
            assert anchor in anchors(name), f"{document}: {name} has no heading for #{anchor}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_variables_are_settings(document: str) -> None:
    """Every variable with our prefix is one that the program reads."""
    known = {name for name, _, _ in variables()}
    named = {name for name in _VARIABLE.findall(text_of(document)) if name != PREFIX.rstrip("_")}
    assert named <= known, f"{document}: {sorted(named - known)}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_paths_exist(document: str) -> None:
    """Every file and directory of the project that is named is there."""
    named = {code for code in inline_code(document) if _PATH.fullmatch(code) and "NAME" not in code}
    missing = sorted(path for path in named if not (ROOT / path).exists())
    assert not missing, f"{document}: {missing}"


def test_the_readme_is_short() -> None:
    """Whoever comes here for the first time reads it in one go."""
    assert len(text_of("README.md").splitlines()) <= 160


def test_the_readme_leads_to_every_document() -> None:
    """Nothing is written that nobody finds."""
    assert set(links("README.md")) >= set(DOCUMENTS) - {"README.md"}


def test_the_picture_shows_what_there_is() -> None:
    """The boxes of the picture are the roles, its arrows are topics."""
    (picture,) = of_language("mermaid")
    labels = {label.replace("<br/>", "") for label in re.findall(r'-- "([^"]+)" -->', picture.text)}
    assert labels - {"GET"} <= {topic.name for topic in TOPICS}
    assert set(re.findall(r"^ {4}(\w+)\[", picture.text, re.MULTILINE)) == set(ROLES)


def test_documents_speak_of_the_project_alone() -> None:
    """No document names a path of one machine."""
    for document in DOCUMENTS:
        assert not re.search(r"(?<![\w.])/(?:work|home|tmp|root)/", prose_of(document)), document
