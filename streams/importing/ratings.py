"""Stars as exports write them: numbers, symbols, words and whole phrases in six languages."""

import re
import unicodedata
from dataclasses import dataclass
from math import isfinite

from streams.errors import ConfigurationError

_STARS = 5
_NUMBER = r"(?P<number>\d{1,3}(?:[.,]\d{1,2})?)"
_FIVE = r"(?:5(?:[.,]0)?|five|fünf|cinq|cinco|五)"
_STAR = r"(?:stars?|sterne?n?|étoiles?|etoiles?|estrellas?|stelle|stella|颗星|顆星|星级|星|つ星|[★⭐])"
_OF = r"(?:/|out\s+of|of|von|sur|de|su|di|van)"
#: A number that says itself that it is stars of five.
_OF_FIVE = tuple(
    re.compile(form)
    for form in (
        rf"^(?:\D{{0,20}}\s)?{_NUMBER}\s*{_STAR}?\s*{_OF}\s*{_FIVE}\s*{_STAR}?$",
        rf"^(?:5つ星のうち|星5つ中の?|5段階(?:評価)?[で中]の?){_NUMBER}$",
        rf"^{_NUMBER}\s*(?:颗|顆)?星?\s*[,，(]?\s*(?:最多|共|满分|満点)\s*5\s*(?:颗|顆)?[星分]?\)?$",
        rf"^(?:评分|星级|打分|rating|rated|note|nota|bewertung|puntuación|valoración)?[:：\s]*{_NUMBER}\s*{_STAR}$",
        rf"^(?:星|[★⭐])\s*{_NUMBER}(?:つ)?$",
    )
)
#: Points are on whatever scale the numbers are.
_PLAIN = re.compile(rf"^{_NUMBER}\s*(?:分|点|点数|points?|punkte?|puntos?|pts)?$")
_PERCENT = re.compile(rf"^{_NUMBER}\s*%$")
_OF_OTHER = re.compile(rf"^{_NUMBER}\s*{_OF}\s*(?P<most>\d{{1,3}})$")
_SYMBOLS = re.compile(r"^(?P<full>[★⭐🌟]{0,9})(?P<half>⯨?)(?P<empty>☆{0,9})$")
_WORDS = {
    **dict.fromkeys(("one", "ein", "eins", "une", "un", "una", "uno", "一", "壹"), 1.0),
    **dict.fromkeys(("two", "zwei", "deux", "dos", "due", "二", "两", "兩"), 2.0),
    **dict.fromkeys(("three", "drei", "trois", "tres", "tre", "三"), 3.0),
    **dict.fromkeys(("four", "vier", "quatre", "cuatro", "quattro", "四"), 4.0),
    **dict.fromkeys(("five", "fünf", "cinq", "cinco", "cinque", "五"), 5.0),
}
_WORD = re.compile(rf"^(?P<word>{'|'.join(_WORDS)})\s*(?:{_STAR}|stern)?$")
#: What is written where nobody gave stars.
_NONE = frozenset(
    {
        *(
            "n/a",
            "na",
            "n.a.",
            "-",
            "–",
            "—",
            "--",
            "none",
            "null",
            "nil",
            "unrated",
            "not rated",
            "no rating",
            "?",
        ),
        *(
            "keine",
            "keine bewertung",
            "k.a.",
            "aucune",
            "aucun",
            "non noté",
            "sin valorar",
            "sin valoración",
            "ninguna",
        ),
        *("无", "暂无", "未评分", "暂无评分", "なし", "評価なし", "未評価", "star_rating_unspecified"),
    }
)
_SCALE = re.compile(r"^(?:(?P<least>[01])-)?(?P<most>\d{1,3})$")


class RatingError(ValueError):
    """Stars that cannot be read; the message says what was wanted, what came, and what to do."""


@dataclass(frozen=True, slots=True)
class RatingScale:
    """What numbers mean that do not say it themselves.

    Attributes:
        least: the lowest number that somebody can give. Where it is 1, a 0 is none: not rated.
        most: the highest number, which is five stars.
    """

    least: int = 0
    most: int = _STARS

    @classmethod
    def named(cls, name: str) -> "RatingScale":
        """The scale that somebody asked for: "5", "1-5", "10", "1-10", "0-100", "percent".

        Raises:
            ConfigurationError: it is none.

        >>> RatingScale.named("1-10")
        RatingScale(least=1, most=10)
        """
        match = _SCALE.match({"percent": "100", "%": "100"}.get(name.strip().lower(), name.strip()))
        if match is None or int(match["most"]) < 2:
            raise ConfigurationError(
                f"--rating-scale: wanted its highest number, or both, such as 10, 1-5, 0-10 or percent, got {name!r}"
            )
        return cls(int(match["least"] or 0), int(match["most"]))

    def stars(self, value: object) -> float | None:
        """Read stars from 0 to 5; None: nobody gave any.

        Raises:
            RatingError: it is no rating, or may be one on another scale.

        >>> scale = RatingScale()
        >>> [scale.stars(text) for text in ("4,0 von 5 Sternen", "5つ星のうち1.0", "★★☆☆☆", "FIVE", "N/A")]
        [4, 1, 2.0, 5.0, None]
        """
        if isinstance(value, int | float) and not isinstance(value, bool):
            return self._scaled(value, value)
        if not isinstance(value, str):
            raise RatingError(f"wanted stars, got {type(value).__name__}")
        text = value.replace("\ufe0f", "").replace("½", "⯨")
        text = " ".join(unicodedata.normalize("NFKC", text).split()).lower()
        if match := _PLAIN.match(text):
            return self._scaled(_number(match), value)
        if match := next(filter(None, (form.match(text) for form in _OF_FIVE)), None):
            return self._of_five(_number(match), value)
        return None if text in _NONE else self._of_words(text, value)

    def _of_words(self, text: str, value: str) -> float | None:
        if match := _WORD.match(text):
            return _WORDS[match["word"]]
        if match := _SYMBOLS.match(text):
            return _of_symbols(match, value)
        return self._of_other_scale(text, value)

    def _of_other_scale(self, text: str, value: str) -> float | None:
        if match := _PERCENT.match(text):
            if self.most != 100:
                raise RatingError(f"got {value[:40]!r}, a share and no stars: say --rating-scale percent")
            return self._scaled(_number(match), value)
        if match := _OF_OTHER.match(text):
            if self.most != int(match["most"]):
                raise RatingError(
                    f"got {value[:40]!r}, which is not of 5: say --rating-scale {match['most']}"
                )
            return self._scaled(_number(match), value)
        raise RatingError(f"wanted stars from 0 to 5, got {value[:40]!r}")

    def _scaled(self, number: float, value: object) -> float | None:
        """A number on this scale as stars."""
        if number == 0 and self.least > 0:
            return None
        if not self.least <= number <= self.most:
            advice = (
                ": say which scale it is on, such as --rating-scale 10 or percent"
                if self.most == _STARS
                else ""
            )
            got = repr(value) if isinstance(value, str) or isfinite(number) else str(number)
            raise RatingError(f"wanted a number from {self.least} to {self.most}, got {got[:40]}{advice}")
        return number if self.most == _STARS else number * _STARS / self.most

    def _of_five(self, number: float, value: str) -> float | None:
        if number == 0 and self.least > 0:
            return None
        if not 0 <= number <= _STARS:
            raise RatingError(f"wanted at most 5 of 5 stars, got {value[:40]!r}")
        return number


def _number(match: "re.Match[str]") -> float:
    number = float(match["number"].replace(",", "."))
    return int(number) if number.is_integer() else number


def _of_symbols(match: "re.Match[str]", value: str) -> float | None:
    full, empty = len(match["full"]), len(match["empty"])
    half = 0.5 if match["half"] else 0.0
    if not full and not half:
        raise RatingError(f"got {value[:40]!r}, which can be no star or {empty}: give the number instead")
    if full + half > _STARS or full + empty + (half > 0) > _STARS:
        raise RatingError(f"wanted at most 5 stars, got {value[:40]!r}")
    return full + half
