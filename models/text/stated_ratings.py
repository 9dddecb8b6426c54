"""Ratings in words: texts that are nothing but a number of stars or points, in the languages that shops meet most."""

import re
import unicodedata

#: Longer texts say more than a rating.
_LONGEST = 40
_FULL_MARKS = 5.0

_NUMBER_WORDS = (
    ("zero", "no", "null", "zéro", "cero", "nul", "零"),
    ("one", "single", "ein", "eins", "einen", "une", "un", "una", "uno", "één", "een", "um", "uma", "一"),
    ("two", "zwei", "deux", "dos", "due", "twee", "dois", "duas", "二", "两"),
    ("three", "drei", "trois", "tres", "tre", "drie", "três", "三"),
    ("four", "vier", "quatre", "cuatro", "quattro", "quatro", "四"),
    ("five", "fünf", "cinq", "cinco", "cinque", "vijf", "五", "满"),
)
_NUMBER_OF = {word: float(number) for number, words in enumerate(_NUMBER_WORDS) for word in words}
_NUMBER = "|".join(sorted(_NUMBER_OF, key=len, reverse=True)) + r"|[0-5](?:[.,]\d)?"
_STARS = r"stars?|sterne?n?|étoiles?|etoiles?|estrellas?|estrelas?|stell[ae]|ster(?:ren)?"
_OUT_OF_FIVE = (
    r"(?:\s*(?:out\s+of|of|von|sur|de|su|van)\s+(?:five|fünf|cinq|cinco|cinque|vijf|5)(?:\s*stars?)?)?"
)

_IN_STARS = re.compile(
    rf"(?:(?:only|just|solid|nur|seulement|solo|só)\s+)?({_NUMBER})[\s-]*(?:{_STARS}){_OUT_OF_FIVE}"
    r"(?:\s+(?:rating|review|only|from me|for me))?"
)
_IN_CHINESE = re.compile(
    r"(?:我?[给打](?:个|了|它)?|全)?([一二两三四五满]|[1-5](?:\.5)?)(?:颗|个)?(?:星|分)(?:级|的)?(?:[好中差]评)?"
)
_IN_JAPANESE = re.compile(r"星([一二三四五]|[0-5](?:\.\d)?)(?:つ|個|です)*")
_IN_POINTS = re.compile(r"(\d{1,3}(?:[.,]\d)?)\s*(?:/|out\s+of|von|sur|su|van)\s*(5|10|100)(?:\s*stars?)?")
_IN_SIGNS = re.compile(r"([★⭐🌟]{2,5})(☆*)|(★)(☆{1,4})")
_VARIATION = "\ufe0f"
_AROUND = " \t\r\n.,!。！，~～…"


def stated_stars(text: str) -> float | None:
    """The stars that a text consists of, 0 to 5; None where it says anything else, or no rating.

    >>> stated_stars("One star."), stated_stars("2/10"), stated_stars("五星好评"), stated_stars("★★★★☆")
    (1.0, 1.0, 5.0, 4.0)
    >>> stated_stars("One star was too much"), stated_stars("7/5"), stated_stars("Star")
    (None, None, None)
    """
    if len(text) > _LONGEST:
        return None
    plain = unicodedata.normalize("NFKC", text).replace(_VARIATION, "").strip(_AROUND).lower()
    if signs := _IN_SIGNS.fullmatch(plain):
        return _in_signs("".join(filter(None, signs.groups())))
    if points := _IN_POINTS.fullmatch(plain):
        return _in_points(_number(points[1]), int(points[2]))
    for pattern in (_IN_STARS, _IN_CHINESE, _IN_JAPANESE):
        if stars := pattern.fullmatch(plain):
            return _number(stars[1])
    return None


def _in_signs(signs: str) -> float | None:
    return float(len(signs.rstrip("☆"))) if len(signs) <= _FULL_MARKS else None


def _in_points(points: float, most: int) -> float | None:
    return points / most * _FULL_MARKS if points <= most else None


def _number(word: str) -> float:
    number = _NUMBER_OF.get(word)
    return float(word.replace(",", ".")) if number is None else number
