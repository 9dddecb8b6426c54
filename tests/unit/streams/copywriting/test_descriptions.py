"""Descriptions are whole sentences over facts, each with its source."""

import re

import pytest

from streams.copywriting import HouseRules
from tests.unit.streams.copywriting.copy_subjects import (
    PHONE,
    PHONE_ZH,
    demo,
    subject,
    summary_of,
    text_of,
    write,
)

NUMBER = re.compile(r"\d+(?:\.\d+)?")


@pytest.mark.parametrize("given", [PHONE, PHONE_ZH])
def test_attributes_of_a_phone_become_a_description(given: dict[str, object]) -> None:
    """The worked example: every attribute is told in sentences, no number is added."""
    text = text_of(write(subject(given), "description"))
    attributes = given["attributes"]
    assert isinstance(attributes, dict)
    wanted = {number for value in attributes.values() for number in NUMBER.findall(str(value))}
    assert wanted <= set(NUMBER.findall(text))
    assert set(NUMBER.findall(text)) <= wanted
    assert str(given["title"]) in text
    assert len(re.findall(r"[.。]", text)) >= 2


def test_every_sentence_is_a_claim_with_its_evidence() -> None:
    """The claims are the text, and each cites facts word for word."""
    lamp = demo("lamp-201")
    (variant,) = write(lamp, "description").variants
    assert variant.text == " ".join(claim.text for claim in variant.claims)
    known = {str(value) for value in lamp.details.attributes.values()}
    for claim in variant.claims:
        assert claim.evidence
        for source in claim.evidence:
            assert source.product_id == "lamp-201"
            if source.reference not in {"title", "description"}:
                assert source.quote in known
                assert lamp.details.attributes[source.reference] == source.quote


def test_the_same_product_and_generation_give_the_same_words() -> None:
    """Another generation gives others, and every variant is another text."""
    lamp = demo("lamp-201")
    first = text_of(write(lamp, "description"))
    assert text_of(write(lamp, "description")) == first
    assert {text_of(write(lamp, "description", generation=number)) for number in range(6)} != {first}
    texts = [variant.text for variant in write(lamp, "reason", variants=4).variants]
    assert len(set(texts)) == 4


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("weight", "390 g", "weighs 390 g"),
        ("back", "mesh", "a mesh back"),
        ("colour", "black, white", "black and white"),
        ("material", "oak", "made of oak"),
        ("wireless charging", True, "harges wirelessly|wireless charging"),
        ("dishwasher safe", True, "is dishwasher safe"),
        ("dishwasher safe", False, "is not dishwasher safe"),
        ("cable included", True, "the cable is included|The cable is included"),
        ("strap length", "92 cm", "strap length (?:is|of) 92 cm"),
        ("zorp factor", "7 glims", "zorp factor (?:is|of) 7 glims"),
        ("warranty", "1 week warranty", "a 1 week warranty"),
        ("height_cm", 42, "42 cm high"),
        ("origin", "Portugal", "from Portugal"),
        ("head", "rotates 360°", "the head rotates 360°"),
    ],
)
def test_attributes_of_every_shape_read_well(name: str, value: object, wanted: str) -> None:
    """Known or not, a name and its value become a clause."""
    text = text_of(
        write(subject({"title": "Oxley bench", "language": "en", "attributes": {name: value}}), "description")
    )
    assert re.search(wanted, text), text


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("重量", "410克", "重(?:量为)?410克"),
        ("颜色", "黑、白", "黑和白"),
        ("可机洗", False, "不可机洗"),
        ("光源可更换", False, "光源不可更换"),
        ("无线充电", "支持", "支持无线充电"),
        ("不沾杯", False, "售价"),
        ("内衬", "可拆洗", "内衬可拆洗"),
        ("奇妙系数", "7格", "奇妙系数(?:为|是)7格"),
    ],
)
def test_chinese_attributes_of_every_shape_read_well(name: str, value: object, wanted: str) -> None:
    """The same in Chinese; a negation of a negation is not told."""
    given = {"title": "橡木凳", "language": "zh", "price": 90, "currency": "CNY", "attributes": {name: value}}
    text = text_of(write(subject(given), "description"))
    assert re.search(wanted, text), text


def test_plural_names_agree() -> None:
    """Shoes weigh, a shoe weighs."""
    text = text_of(
        write(
            subject({"title": "Kestral shoes", "language": "en", "attributes": {"weight": "285 g"}}),
            "description",
        )
    )
    assert "shoes weigh 285 g" in text


@pytest.mark.parametrize("tone", ["plain", "warm", "lively", "formal"])
@pytest.mark.parametrize("product_id", ["lamp-201", "kettle-156"])
def test_tone_season_and_audience_change_the_text_and_claim_nothing(tone: str, product_id: str) -> None:
    """A frame has no evidence, for it says nothing of the product."""
    about = demo(product_id)
    written = write(
        about,
        "description",
        tone=tone,
        season="winter",
        audience="学生" if product_id == "kettle-156" else "students",
    )
    first = written.variants[0].claims[0]
    assert first.evidence == ()
    assert ("冬季" if product_id == "kettle-156" else "winter") in first.text


@pytest.mark.parametrize("words", [15, 30, 60, 120])
def test_length_is_kept(words: int) -> None:
    """A shorter text tells less."""
    for product_id in ("lamp-201", "jacket-420", "chair-702"):
        written = write(demo(product_id), "description", max_words=words)
        for variant in written.variants:
            assert len(variant.text.split()) <= words


def test_reviews_are_told_with_the_reviews_that_say_so() -> None:
    """Praise is quoted word for word, and its evidence names the reviews."""
    summary = summary_of("lamp-201", [("performance", "positive", "the light is soft on the eyes")])
    written = write(demo("lamp-201", summary), "description", max_words=150)
    (claim,) = [
        claim
        for claim in written.variants[0].claims
        if any(source.kind == "review" for source in claim.evidence)
    ]
    assert "“the light is soft on the eyes”" in claim.text
    assert {source.reference for source in claim.evidence} == {"r-0a", "r-0b"}
    assert written.review_count == 12


def test_a_product_is_written_about_in_other_languages_as_far_as_its_facts_can_be() -> None:
    """Numbers stay, known names, units and colours are put into the language, other words are left out."""
    english = text_of(write(demo("powerbank-374"), "description", language="en"))
    assert "410 g" in english
    assert "black, white and pink" in english
    spanish = text_of(write(demo("lamp-201"), "description", language="es"))
    assert "negro" in spanish
    assert "9 W" in spanish
    assert "touch strip" not in spanish


def test_house_rules_are_obeyed() -> None:
    """Preferred words stand, forbidden facts do not, the shop's order comes first, its length is kept."""
    rules = HouseRules(
        version="shop-7",
        forbidden=("black",),
        preferred={"cable": "lead"},
        order=("timer", "cable length"),
        length={"home lighting": 40},
    )
    plain = subject(
        {
            "title": "Oxley lamp",
            "language": "en",
            "category": "home lighting",
            "attributes": {"power": "9 W", "colour": "black", "cable length": "1.4 m", "timer": "30 minutes"},
        }
    )
    written = write(plain, "description", rules)
    text = text_of(written)
    assert "black" not in text
    assert "lead" in text
    assert "cable" not in text
    assert text.index("30 minutes") < text.index("1.4 m") < text.index("9 W")
    assert len(text.split()) <= 40
    assert written.rules == "shop-7"
    assert {claim.check for claim in written.dropped} == {"house_rule"}


def test_banned_claims_of_a_platform_are_left_out_with_the_reason() -> None:
    """The rest is written."""
    given = {
        "title": "Oxley lamp",
        "language": "en",
        "description": "The best lamp in the world. It folds flat.",
        "attributes": {"weight": "1 kg", "slogan": "number one in light"},
    }
    written = write(subject(given), "description")
    text = text_of(written)
    assert "best" not in text
    assert "number one" not in text
    assert "folds flat" in text
    assert [claim.check for claim in written.dropped] == ["banned_word", "banned_word"]
