"""Languages of short review texts."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text import scripts
from models.text.language import _PLAIN_WORD, _WORD, DetectedLanguage, LanguageIdentifier
from models.text.scripts import dominant_script
from tests.unit.models.review_sentences import ENGLISH, FOREIGN


@pytest.fixture(scope="module")
def identifier() -> LanguageIdentifier:
    return LanguageIdentifier()


def test_foreign_sentences_are_not_taken_for_english(identifier: LanguageIdentifier) -> None:
    """Of 72 sentences in six languages at least 95 % are not "en", and 90 % are their own."""
    found = [(code, identifier.identify(text).code) for code, texts in FOREIGN.items() for text in texts]
    assert len(found) >= 60
    assert sum(got != "en" for _, got in found) / len(found) >= 0.95
    assert sum(got == code for code, got in found) / len(found) >= 0.90


def test_a_wrong_hint_does_not_make_foreign_sentences_english(identifier: LanguageIdentifier) -> None:
    """The sender's hint is evidence, not proof: with hint "en" 95 % are still not English."""
    found = [identifier.identify(text, "en").code for texts in FOREIGN.values() for text in texts]
    assert sum(code != "en" for code in found) / len(found) >= 0.95


@pytest.mark.parametrize("text", ENGLISH)
def test_short_english_sentences_are_english(identifier: LanguageIdentifier, text: str) -> None:
    """Down to single words that reviews consist of."""
    assert identifier.identify(text).code == "en"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("屏幕很清楚，物流也快。", "zh"),
        ("这个 iPhone 保护壳很好用", "zh"),
        ("音がとても良いです。", "ja"),
        ("배터리가 너무 빨리 닳아요.", "ko"),
        ("Очень хороший чайник, рекомендую всем.", "ru"),
        ("Дуже гарний чайник, раджу всім, хто любить чай.", "uk"),
        ("المنتج ممتاز والتوصيل سريع", "ar"),
        ("המוצר מצוין", "he"),
        ("Η μπαταρία κρατάει πολύ λίγο.", "el"),
        ("แบตหมดเร็วมาก", "th"),
        ("यह केतली बहुत अच्छी है", "hi"),
        ("Batteriet räcker knappt två timmar, jag är besviken.", "sv"),
        ("Bateria trzyma bardzo krótko, nie polecam.", "pl"),
        ("Kargo çok hızlı geldi, ürün çok güzel.", "tr"),
    ],
)
def test_scripts_and_further_languages(identifier: LanguageIdentifier, text: str, code: str) -> None:
    """Scripts that belong to one language decide; the others are told apart by letters."""
    assert identifier.identify(text).code == code


@pytest.mark.parametrize("text", ["", "10/10", "!!!", "👍👍", "5 * * * * *"])
def test_without_letters_only_the_hint_can_tell(identifier: LanguageIdentifier, text: str) -> None:
    """Nothing to go by is "und" with confidence 0; a hint is taken, its region left out."""
    assert identifier.identify(text) == DetectedLanguage("und", 0.0)
    assert identifier.identify(text, "pt-BR").code == "pt"
    assert identifier.identify(text, "zh_Hant").code == "zh"


def test_a_hint_decides_between_close_languages(identifier: LanguageIdentifier) -> None:
    """One unknown word says nothing; with a hint it is taken for the hinted language."""
    assert identifier.identify("Soldi").code == "und"
    assert identifier.identify("Soldi", "it").code == "it"


def test_a_hint_in_another_script_is_ignored(identifier: LanguageIdentifier) -> None:
    """Chinese characters are Chinese whatever the sender says."""
    assert identifier.identify("屏幕很清楚", "en").code == "zh"


def test_confidence_is_a_probability(identifier: LanguageIdentifier) -> None:
    """Between 0 and 1, higher for a clear text than for a short one."""
    clear = identifier.identify("This kettle boils quickly and it never leaks when you pour the water.")
    short = identifier.identify("kettle")
    assert 0 <= short.confidence < clear.confidence <= 1
    assert clear.confidence > 0.95


def test_threads_share_one_identifier(identifier: LanguageIdentifier) -> None:
    """Many threads at once find what one finds alone."""
    texts = [text for texts in FOREIGN.values() for text in texts] * 5
    alone = [identifier.identify(text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(identifier.identify, texts)) == alone


def test_decorative_kana_do_not_make_chinese_japanese() -> None:
    """One kana among many Han characters is decoration."""
    assert dominant_script("这款の包包质量非常好物流也很快推荐购买") == "han"
    assert dominant_script("電池がすぐ切れる") == "kana"


def test_a_text_known_to_be_han_at_once_has_no_other_letter() -> None:
    """Whatever the pattern lets through is Han, or no letter."""
    passed = [chr(code) for code in range(0x110000) if scripts._HAN_ALONE.fullmatch(f"好{chr(code)}")]
    assert len(passed) > 20_000
    assert {scripts._script(character) for character in passed} == {"han", ""}
    assert not scripts._HAN_ALONE.fullmatch("123。")


@given(st.text(st.characters(max_codepoint=127)))
def test_words_of_plain_texts_are_words(text: str) -> None:
    """The pattern for ASCII finds what the other finds."""
    assert _PLAIN_WORD.findall(text.lower()) == _WORD.findall(text.lower())
