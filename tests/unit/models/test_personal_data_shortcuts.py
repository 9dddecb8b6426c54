"""What masking does not look at holds nothing: the cheap looks pass every text on which a rule would fire."""

import json
import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from models.personal_data import addresses, contacts, context, documents, masking, phones

_CASES = [
    json.loads(line)["text"]
    for line in Path(__file__).with_name("personal_data_cases.jsonl").read_text(encoding="utf-8").splitlines()
]
_PIECES = [piece for case in _CASES for piece in re.findall(r"\S+\s?|\s", case)]
_texts = st.lists(
    st.sampled_from(_PIECES) | st.text("0123456789١+-(). \0vVxXwWeqQ@:：信微加", max_size=12), max_size=12
).map("".join)
_NUMBERS = [
    documents._CHINESE_ID, documents._OLD_CHINESE_ID, documents._SSN, documents._CARD, phones._INTERNATIONAL_PHONE,
    phones._AMERICAN_PHONE, phones._CHINESE_MOBILE, phones._TRUNK_PHONE, phones._SPREAD_PHONE, phones._INDIAN_MOBILE,
]  # fmt: skip


def _check(text: str) -> None:
    digits = sum(map(str.isdecimal, text))
    for finder in masking._FINDERS:
        found = list(finder.spans_in(text, ("AU", "DE", "TW")))
        assert not found or digits >= finder.least_digits, finder.kind
    for pattern in (
        contacts._EMAIL,
        contacts._SPACED_EMAIL,
        contacts._HAN_EMAIL,
        contacts._WIDELY_SPACED_EMAIL,
    ):
        assert contacts._MAY_HOLD.search(text) or not pattern.search(text)
    assert contacts._MAY_HOLD_WECHAT.search(text) or not contacts._WECHAT.search(text)
    for match in contacts._MESSENGER.finditer(text):
        assert "@" in text or contacts.MESSENGER_SIGNS.are_in(text), match[0]
    assert documents._MAY_HOLD_IBAN.search(text) or not documents._IBAN.search(text)
    assert documents._BRITISH_END.search(text) or not documents._BRITISH_LICENCE.search(text)
    assert addresses._STREET_SIGNS.are_in(text) or not addresses._CONTINENTAL.search(text)
    for name, signs in context._SIGNS.items():
        assert signs.are_in(text) or not re.search(context._WORDS[name], text), name
    assert "box" in text.lower() or not addresses._BOX.search(text)
    assert not text.isascii() or not addresses._CHINESE_NUMBER.search(text)
    for pattern in _NUMBERS:
        found = [match.span() for match in context.numbers(pattern, text)]
        assert found == [match.span() for match in pattern.finditer(text)]


def test_nothing_in_the_cases_is_overlooked() -> None:
    """In any of the texts with and without personal data."""
    for text in _CASES:
        _check(text)


@given(_texts)
def test_nothing_in_any_mixture_is_overlooked(text: str) -> None:
    """In their pieces, in any order."""
    _check(text)
