"""Languages of short review texts."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

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


@pytest.fixture(scope="module")
def english_shop() -> LanguageIdentifier:
    """As a worker has it without a setting."""
    return LanguageIdentifier(("en",))


@pytest.mark.parametrize("languages", [(), ("en",), ("en", "zh")])
def test_foreign_sentences_are_not_taken_for_english(languages: tuple[str, ...]) -> None:
    """Of 72 sentences in six languages at least 95 % are not "en", and 90 % are their own."""
    identifier = LanguageIdentifier(languages)
    found = [(code, identifier.identify(text).code) for code, texts in FOREIGN.items() for text in texts]
    assert len(found) >= 60
    assert sum(got != "en" for _, got in found) / len(found) >= 0.95
    assert sum(got == code for code, got in found) / len(found) >= 0.90


def test_a_wrong_hint_does_not_make_foreign_sentences_english(english_shop: LanguageIdentifier) -> None:
    """The sender's hint is evidence, not proof: with hint "en" 95 % are still not English."""
    found = [english_shop.identify(text, "en").code for texts in FOREIGN.values() for text in texts]
    assert sum(code != "en" for code in found) / len(found) >= 0.95


@pytest.mark.parametrize("text", ENGLISH)
def test_short_english_sentences_are_english(english_shop: LanguageIdentifier, text: str) -> None:
    """Down to single words that reviews consist of, though French has some of them, too."""
    assert english_shop.identify(text).code == "en"


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
    assert identifier.identify("Vunosi").code == "und"
    assert identifier.identify("Vunosi", "it").code == "it"
    assert identifier.identify("Soldi").code == "it"


SHORT = [
    tuple(line.split("\t"))
    for line in Path(__file__).with_name("short_reviews.tsv").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize(
    "text",
    [
        "Nice lamp", "Decent mug", "Cute bag", "Warm hat", "Excellent value", "Fine cup", "Runs small", "super",
        "Superb", "okay", "ok", "best platform", "OUTSTANDING performance", "fabulous 😍", "simple",
        "gr8 prod luv it", "Café crème colour is perfect", "1 star", "One star.", "Zero stars", "Bad fit",
        "Sturdy bench", "Lovely scarf", "Cheap plastic", "Wobbly legs", "Soft towel", "Runs large", "Too tight",
        "Yum!", "Weird.", "Works", "Meh", "Sweet deal", "Bought two", "Snug fit", "Rusty", "AAA++", "so so",
    ],
)  # fmt: skip
def test_one_or_two_english_words_are_english(english_shop: LanguageIdentifier, text: str) -> None:
    """In a shop whose reviews are mostly English, which is the default."""
    assert english_shop.identify(text).code == "en"


def test_short_reviews_of_other_languages_stay_what_they_are(english_shop: LanguageIdentifier) -> None:
    """Of 120 in six languages, one to four words each: what became English says the same in both ("Top", "Normal")."""
    found = [(code, english_shop.identify(text).code) for code, text in SHORT]
    assert len(found) == 120
    assert sum(got == "en" for _, got in found) <= 9
    assert sum(got == code for code, got in found) >= 105
    by_language = Counter(code for code, got in found if got == "en")
    assert max(by_language.values()) <= 2


@pytest.mark.parametrize("code", ["de", "fr", "es", "it", "nl", "pt"])
def test_the_events_language_and_the_shops_are_believed_of_short_texts(
    english_shop: LanguageIdentifier, code: str
) -> None:
    """Either makes at least nine in ten what they are."""
    texts = [text for known, text in SHORT if known == code]
    shop = LanguageIdentifier((code, "en"))
    assert sum(english_shop.identify(text, code).code == code for text in texts) >= 19
    assert sum(shop.identify(text).code == code for text in texts) >= 18


def test_a_wrong_hint_makes_few_short_reviews_english(english_shop: LanguageIdentifier) -> None:
    """A platform that sends "en" with everything is not believed where the words say otherwise."""
    found = [english_shop.identify(text, "en").code for _, text in SHORT]
    assert sum(code == "en" for code in found) <= 13


@pytest.mark.parametrize("text", ["super", "ok", "👍👍", "❤️", "5/5", "Vunosi", "!!!"])
def test_what_nothing_tells_is_in_the_shops_usual_language(text: str) -> None:
    """The first that is named; the sender's word comes before it."""
    assert LanguageIdentifier(("de", "en")).identify(text).code == "de"
    assert LanguageIdentifier(("fr",)).identify(text).code == "fr"
    assert LanguageIdentifier(("de", "en")).identify(text, "it").code == "it"


def test_the_shops_languages_hide_no_other() -> None:
    """Sentences of other languages are theirs, whatever the shop's is."""
    shop = LanguageIdentifier(("nl", "en"))
    found = [(code, shop.identify(text).code) for code, texts in FOREIGN.items() for text in texts]
    assert sum(code == got for code, got in found) >= 0.95 * len(found)


def test_the_texts_before_do_not_matter(english_shop: LanguageIdentifier) -> None:
    """A text has its language whatever was read before it: forwards, backwards, alone, by another instance."""
    texts = [text for _, text in SHORT]
    forwards = {text: english_shop.identify(text) for text in texts}
    backwards = {text: english_shop.identify(text) for text in reversed(texts)}
    assert forwards == backwards
    assert {
        text: LanguageIdentifier(("en",)).identify(text) for text in texts[:5]
    }.items() <= forwards.items()


def test_han_without_kana_is_japanese_where_the_sender_or_the_shop_says_so() -> None:
    """Short Japanese reviews may have no kana; Chinese is what else it is."""
    assert LanguageIdentifier(("ja", "en")).identify("最高").code == "ja"
    assert LanguageIdentifier(("en",)).identify("最高", "ja").code == "ja"
    assert LanguageIdentifier(("ja",)).identify("一星", "zh").code == "zh"
    assert LanguageIdentifier(("en", "ja")).identify("一星").code == "zh"


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
