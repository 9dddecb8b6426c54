"""Encodings are found and named, or not decided; nothing is mis-decoded in silence."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import ConfigurationError
from streams.importing import RowFile
from streams.importing.encodings import find_encoding
from tests.unit.streams.importing.files import cells_in, rows_in, written

CHINESE = [
    "物流很快，但是客服态度差。",
    "很好",
    "质量不错，下次还来",
    "非常满意！包装很好",
    "灯很亮，安装简单",
    "不推荐",
    "收到货以后用了三天才来评价，颜色和图片一样",
]
WESTERN = [
    "très bien",
    "Der Lüfter ist laut, aber größer als gedacht. Schön!",
    "“Great” – it’s good… café",
    "muy cómodo, pequeño. ¡Me encantó! ¿Por qué no?",
    "Qualité décevante, l'écran est cassé. Je suis déçue",
    "£20 well spent, 100 € too much",
    "Bra kvalitet, ärligt sagt. Små fötter på den",
    "Não gostei, a cor não é igual. Botões frágeis",
]


def table(text: str) -> str:
    return f"id,text\n1,plain\n2,{text}\n"


def text_of(path: Path) -> object:
    return cells_in(path)[-1][1]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("text", ["plain", "très bien", "质量很好", "星5つ 😀"])
def test_unicode_is_found_with_and_without_a_mark(tmp_path: Path, encoding: str, text: str) -> None:
    """Whatever its form and byte order."""
    long_enough = "An export in Latin letters. " * 20
    path = written(tmp_path, "a.csv", table(f"{long_enough}{text}").replace(", ", " "), encoding)
    assert text_of(path) == f"{long_enough}{text}"


@pytest.mark.parametrize("text", CHINESE)
@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "gb2312"])
def test_gbk_is_found_and_named(tmp_path: Path, text: str, encoding: str) -> None:
    """By Chinese that is surely Chinese, in files of one short text too."""
    path = written(tmp_path, "a.csv", table(text.replace(",", "，")), encoding)
    assert text_of(path) == text
    with RowFile(path) as rows:
        assert "GBK" in rows.told


@pytest.mark.parametrize("text", WESTERN)
def test_cp1252_is_found_and_named(tmp_path: Path, text: str) -> None:
    """By letters that stand alone among others."""
    path = written(tmp_path, "a.csv", table(f'"{text}"'), "cp1252")
    assert text_of(path) == text
    with RowFile(path) as rows:
        assert "cp1252" in rows.told


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Очень хороший товар, рекомендую", "cp1251"),
        ("Velmi dobrá kvalita, žádné problémy, příště zase", "cp1250"),
        ("Bardzo dobra jakość, polecam każdemu", "cp1250"),
        ("Çok güzel ürün, hızlı kargo, teşekkürler", "cp1254"),
        ("品質很好，物流很快，謝謝賣家", "big5"),
        ("とても良い商品です。音が静かで気に入りました", "shift_jis"),
        ("배송이 빠르고 품질이 좋아요 추천합니다", "cp949"),
        ("좋아요", "cp949"),
        ("Nagyon jó termék, szép őszi szín, gyűrűvel", "cp1250"),
    ],
)
def test_another_encoding_is_refused_row_by_row_and_never_guessed(
    tmp_path: Path, text: str, encoding: str
) -> None:
    """The row says which encodings it might be in and how it would read; --encoding then decides."""
    path = written(tmp_path, "a.csv", table(f'"{text}"'), encoding)
    plain, refused = rows_in(path)
    assert plain.fields == {"id": "1", "text": "plain"}
    assert refused.fields is None
    assert "--encoding" in refused.problem
    assert cells_in(path, encoding)[-1] == ["2", text]


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_a_single_bad_row_of_a_utf_8_file_is_refused(tmp_path: Path, name: str) -> None:
    """The rest is read as UTF-8: one row in another encoding does not make the file one."""
    rows = ['{"id": "1", "text": "très bien"}', '{"id": "2", "text": "café"}', '{"id": "3", "text": "süß"}']
    if name == "a.csv":
        rows = ["id,text", "1,très bien", "2,café", "3,süß"]
    content = b"\n".join(line.encode("cp1252" if "café" in line else "utf-8") for line in rows)
    found = rows_in(written(tmp_path, name, content))
    assert [row.fields is None for row in found] == [False, True, False]
    assert "not UTF-8" in found[1].problem


@pytest.mark.parametrize("encoding", ["utf-16", "gbk", "cp1252"])
@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_json_in_other_encodings(tmp_path: Path, encoding: str, name: str) -> None:
    """Exports of old tools."""
    text = "质量很好，物流很快" if encoding == "gbk" else "très bien, café"
    line = f'{{"id": "1", "text": "{text}"}}'
    path = written(tmp_path, name, f"[{line}]" if name == "a.json" else f"{line}\n{line}\n", encoding)
    assert cells_in(path)[0] == ["1", text]


def test_what_is_said_decides(tmp_path: Path) -> None:
    """--encoding is never overruled, and bytes that are not in it refuse their row."""
    path = written(tmp_path, "a.csv", table("très bien"), "cp1252")
    assert cells_in(path, "cp1250")[-1] == ["2", "trčs bien"]
    assert [row.fields is None for row in rows_in(path, "utf-8")] == [False, True]
    assert [row.fields is None for row in rows_in(written(tmp_path, "b.csv", b"id\n\x81\n"), "cp1252")] == [
        True
    ]


@pytest.mark.parametrize("name", ["utf-99", "", "base64", "rot13"])
def test_an_unknown_encoding_is_said(tmp_path: Path, name: str) -> None:
    """In one line, with examples."""
    with pytest.raises(ConfigurationError, match="--encoding: wanted one such as utf-8"):
        RowFile(written(tmp_path, "a.csv", "id\n1"), encoding=name)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_utf_8_is_always_found(text: str) -> None:
    """Whatever is written in it, as long as it has no zeros."""
    if "\0" not in text:
        assert find_encoding(("id,text\n" + text).encode()).name == "utf-8-sig"


def test_a_character_that_the_sample_cuts_is_whole(tmp_path: Path) -> None:
    """The first 4 MiB may end within a character."""
    rows = b"1," + b"x" * 4093 + b"\n"
    start = b"id,text\n" + rows * 1023 + b"1," + b"x" * 4082 + b"\n1,"
    assert len(start) == (4 << 20) - 1
    path = written(tmp_path, "a.csv", start + "灯很亮".encode())
    assert text_of(path) == "灯很亮"
