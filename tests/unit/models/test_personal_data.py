"""What is masked in reviews, what is not, and what masking never does."""

import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.personal_data import MaskedText, mask_personal_data

_PLACEHOLDERS = {
    "email": "[email]", "phone": "[phone]", "id_number": "[id number]", "card_number": "[card number]",
    "address": "[address]", "wechat": "[wechat]", "qq": "[qq]", "bank_account": "[bank account]",
    "network_address": "[network address]", "licence_plate": "[licence plate]", "messenger": "[messenger]",
}  # fmt: skip
_ANY_PLACEHOLDER = re.compile("|".join(map(re.escape, _PLACEHOLDERS.values())))

_CASES = [
    json.loads(line)
    for line in Path(__file__).with_name("personal_data_cases.jsonl").read_text(encoding="utf-8").splitlines()
]
_PERSONAL = [case for case in _CASES if case["masked"] != case["text"]]
_CLEAN = [case for case in _CASES if case["masked"] == case["text"]]

# Pieces of what is masked, so that random texts come near to it, and what tears it apart.
_FRAGMENTS = st.sampled_from(
    [
        "1", "13", "138", "0013", "8000", "0571-", "88888888", "+86", "+1 212", "555", "0123", "(212)", "-", " ", ".",
        "/", "jane", "@", "example", ".com", " at ", " dot ", "(at)", "gmail", "4111", "1111 ", "6212345678901232",
        "4111111111111111", "11010519491231002X", "123-45-6789", "SSN ", "身份证", "卡号", "card ", "order ", "订单号",
        "call ", "电话", "微信号：", "微信", "wechat: ", "vx ", "加V：", "abc_123", "QQ", "qq群", "12345678", "北京市",
        "朝阳区", "中山路", "12号", "3单元", "301室", "寄到", "12 Baker Street", ", Apt 4", "PO Box 12", "IL 62704",
        "live at ", "\u200b", "\ufe0f\u20e3", "😀", "\ud800", "\0", "\n", "。", "，", "１３８", "＠", "[phone]",
        "[email]", "[", "]", "x 12", "的", "是", "zoë", "用户", "@例子.中国", "011-", "00 44 ", "IBAN ",
        "DE89 3704 0044 0532 0130 00", "passport ", "C01234565", "驾照", "driving licence ", "203.0.113.7", "::",
        "2001:db8::1", "00:1A:2B:3C:4D:5E", "MAC ", "Telegram ", "t.me/", "@jane_doe", "车牌", "京A12345", "plate ",
        "AB12 CDE", "rue de la Paix", ", 75002 Paris", "Hauptstraße 5", "零",
        "一三八零零一三八零零零", "号之二", "20楼2001",
    ]
)  # fmt: skip
_TEXTS = st.one_of(
    st.text(st.characters(codec=None, exclude_categories=())),
    st.lists(_FRAGMENTS, max_size=25).map("".join),
    st.text("0123456789 -.+()@a中号路\u200b", max_size=120),
)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", sorted(_PLACEHOLDERS))
def test_there_are_cases_of_each_kind_in_both_languages(language: str, kind: str) -> None:
    """No kind is judged on a handful of examples."""
    cases = [case for case in _PERSONAL if case["language"] == language]
    assert sum(_PLACEHOLDERS[kind] in case["masked"] for case in cases) >= 9


def test_personal_data_with_a_structure_is_found() -> None:
    """At least 99 % of it is masked, exactly from its beginning to its end."""
    wanted, found = _count(kinds=set(_PLACEHOLDERS) - {"address"})
    assert wanted >= 300
    assert found / wanted >= 0.99


def test_addresses_are_found() -> None:
    """At least 95 % of them are masked, exactly from beginning to end."""
    wanted, found = _count(kinds={"address"})
    assert wanted >= 50
    assert found / wanted >= 0.95


def test_other_numbers_and_words_stay() -> None:
    """At most one clean text in a hundred changes: prices, models, orders, dates, sizes and the like."""
    assert len(_CLEAN) >= 300
    changed = [case["text"] for case in _CLEAN if mask_personal_data(case["text"], case["language"]).masks]
    assert len(changed) / len(_CLEAN) <= 0.01, changed


@pytest.mark.parametrize("case", _PERSONAL[::7], ids=lambda case: case["text"])
def test_language_is_no_condition(case: dict[str, str]) -> None:
    """A wrong or missing language hides nothing in English and Chinese texts."""
    assert mask_personal_data(case["text"]) == mask_personal_data(case["text"], case["language"])


@pytest.mark.parametrize(
    "text",
    [
        "My IBAN is GB82 WEST 1234 5698 7654 33",
        "Refund to DE89 3704 0044 0532 0130 01",
        "SKU GB82WEST12345698765432",
        "The card 4111 1111 1111 1112 was refused",
        "让我提供440301197810190000",
    ],
)
def test_a_number_with_wrong_check_digits_stays(text: str) -> None:
    """Nor does one go that is said to be an article's."""
    assert mask_personal_data(text) == MaskedText(text, ())


def test_language_adds_the_phones_of_its_countries() -> None:
    """A German number without a country is one in a German text only."""
    text = "Meine Nummer: 030 23125 001"
    assert mask_personal_data(text, "de-AT").text == "Meine Nummer: [phone]"
    assert mask_personal_data(text).text == text


@pytest.mark.parametrize(
    "text",
    ["1-800-555-0199", "客服400-800-8888", "call 0800 123 4567", "4008008888", "打95588"],
)
def test_service_numbers_stay(text: str) -> None:
    """The numbers of companies are no personal data."""
    assert mask_personal_data(text) == MaskedText(text, ())


def test_order_word_next_to_a_number_outweighs_the_one_before() -> None:
    """The nearest word tells what a number is."""
    text = "Order 2125550187 is late, call 2125550188"
    assert mask_personal_data(text).text == "Order 2125550187 is late, call [phone]"


def test_invisible_characters_inside_a_number_go_with_it() -> None:
    """The mask covers the number as it is written; what is outside stays as it was."""
    masked = mask_personal_data("a\u200bb 138\u200b1234\u200b5678\ufe0f 😀")
    assert masked.text == "a\u200bb [phone] 😀"
    assert [(mask.kind, mask.start, mask.end) for mask in masked.masks] == [("phone", 4, 11)]


@given(_TEXTS)
def test_offsets_are_those_of_the_placeholders(text: str) -> None:
    """Every mask points at its placeholder, and they do not overlap."""
    masked = mask_personal_data(text)
    end = 0
    for mask in masked.masks:
        assert masked.text[mask.start : mask.end] == _PLACEHOLDERS[mask.kind]
        assert mask.start >= end
        end = mask.end


@settings(max_examples=300)
@given(_TEXTS)
def test_masking_twice_is_masking_once(text: str) -> None:
    """A masked text has nothing left to mask."""
    once = mask_personal_data(text).text
    assert mask_personal_data(once) == MaskedText(once, ())


@given(_TEXTS)
def test_text_around_the_masks_is_unchanged(text: str) -> None:
    """What stands between the masks is in the text, in the same order, from its beginning to its end."""
    masked = mask_personal_data(text)
    position = copied = 0
    for mask in masked.masks:
        between = masked.text[copied : mask.start]
        position = text.index(between, position) + len(between)
        copied = mask.end
    assert text[position:].endswith(masked.text[copied:])
    if not masked.masks:
        assert masked.text == text


@given(_TEXTS)
def test_masks_lead_back_to_what_they_stand_for(text: str) -> None:
    """What lies between them leads to itself."""
    masked = mask_personal_data(text)
    copied = original = 0
    for mask in (*masked.masks, None):
        start, end = masked.origin.span(mask.start, mask.end) if mask else (len(text), len(text))
        assert text[original:start] == masked.text[copied : mask.start if mask else None]
        copied, original = (mask.end, end) if mask else (0, 0)


@pytest.mark.parametrize(
    "fragment",
    [
        "1", "1 ", "0-", "00 ", "+", "+1", "(", "a", "a@", "a.", "@a.", "a at ", "QQ", "微信", "加", "住", "路1",
        "路1号", "市", "中", "1号楼", "1 A ", "1 Aa Street ", "12 ", "138 ", "\u200b", "1\u200b", "[phone]", "a.a@a.",
        "(at)", "wechat:", "PO Box ", "live at ", "mail @", "@ ", " . ", "ü@", "用@", "é",
        "IBAN DE89 ", "DE89", "AB12 ", "AB1", "A1", "1.", "1.1.1.1", "1:", "::", "a:", "aa:", "AA-",
        "Telegram ", "tg ", "telegram @", "t.me/", "my ig @", "passport ", "licence ",
        "plate ", "京A", "一", "零", "12 rue ", "rue de ", "Via A ", "Aweg ", "A weg 1 ", "Straße 1, 1", "楼1", "号1",
        "1栋1", "+86) ", "(+86)(", "13800138000 ", "4111111111111111 ", "212-555-0123, ",
    ],
)  # fmt: skip
def test_time_grows_with_the_length_only(fragment: str) -> None:
    """No text of 20,000 characters takes more than seconds, however it is made."""
    text = (fragment * 20_000)[:20_000]
    started_at = time.process_time()
    mask_personal_data(text)
    assert time.process_time() - started_at < 3


def _count(kinds: set[str]) -> tuple[int, int]:
    """How many masks of some kinds are wanted, and how many of them are where they should be."""
    wanted = found = 0
    for case in _PERSONAL:
        expected = _pieces(case["masked"])
        got = _pieces(mask_personal_data(case["text"], case["language"]).text)
        of_kinds = [piece for piece in expected if piece[1] in {_PLACEHOLDERS[kind] for kind in kinds}]
        wanted += len(of_kinds)
        found += sum(piece in got for piece in of_kinds)
    return wanted, found


def _pieces(masked: str) -> list[tuple[str, str, str]]:
    """Each placeholder, with the text before and after it up to its neighbours."""
    between = _ANY_PLACEHOLDER.split(masked)
    return list(zip(between, _ANY_PLACEHOLDER.findall(masked), between[1:], strict=False))
