"""Which phrase is best: supported first, then fluent, then neither too short nor rambling."""

from models.generation.interfaces import Phrase
from models.generation.ranking import rank, support

EVIDENCE = ["The battery lasts two full days with heavy use."]


def best(*phrases: Phrase, language: str = "en") -> str:
    return rank(phrases, EVIDENCE, language)[0].text


def test_support_goes_before_fluency() -> None:
    """An unsupported word costs more than a clumsy sentence."""
    assert best(
        Phrase("The battery is amazing and reliable.", -0.1), Phrase("Battery lasts with heavy use.", -1.2)
    ) == ("Battery lasts with heavy use.")


def test_fluency_and_length_decide_among_supported_ones() -> None:
    """The likelier one; one that says something; one that says it once."""
    assert best(
        Phrase("Use two battery days.", -2.0), Phrase("The battery lasts two days.", -0.3)
    ).startswith("The")
    assert best(Phrase("The battery.", -0.3), Phrase("The battery lasts two days.", -0.5)).endswith("days.")
    assert best(
        Phrase("The battery lasts and lasts and lasts.", -0.3), Phrase("The battery lasts two days.", -0.4)
    ).endswith("days.")


def test_nothing_said_has_no_support() -> None:
    """A phrase of function words alone says nothing; equals keep their order; Chinese is told in pairs."""
    assert support("It is.", EVIDENCE) == 0.0
    assert rank([], EVIDENCE) == []
    same = [Phrase("The battery lasts two days.", -0.3), Phrase("The battery lasts full days.", -0.3)]
    assert rank(same, EVIDENCE) == same
    assert support("电池很好。", ["电池很好用"], "zh") == 1.0
    assert support("音质很好。", ["电池很好用"], "zh") < 0.5


def test_a_chinese_clause_more_is_no_rambling() -> None:
    """Its length is told in pairs of characters, of which a sentence has more than words."""
    evidence = ["纸张厚实不透墨，字也够大，老人看着不费劲。"]
    short, whole = Phrase("字也够大。", -0.1), Phrase("纸张厚实不透墨，字也够大，老人看着不费劲。", -0.02)
    assert rank([short, whole], evidence, "zh")[0] == whole
