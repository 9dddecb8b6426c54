"""Tell which language a review is in: by its script, then by its letters, its words, the sender and the shop.

Letters are py3langid's, words those of `models.text.word_evidence`. Nothing depends on the texts before.
"""

import copy
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from py3langid.langid import MODEL_FILE
from py3langid.langid import LanguageIdentifier as NaiveBayes

from models.text.scripts import dominant_script
from models.text.word_evidence import WordEvidence

UNDETERMINED = "und"

# A review is told by its beginning as well as by all of it, and the longest are 20,000 characters.
_READ_CHARACTERS = 2_000

_LANGUAGE_OF_SCRIPT: Mapping[str, str] = {
    "armenian": "hy", "bengali": "bn", "burmese": "my", "ethiopic": "am", "georgian": "ka", "greek": "el",
    "gujarati": "gu", "gurmukhi": "pa", "han": "zh", "hangul": "ko", "hebrew": "he", "kana": "ja",
    "kannada": "kn", "khmer": "km", "lao": "lo", "malayalam": "ml", "sinhala": "si", "tamil": "ta",
    "telugu": "te", "thai": "th",
}  # fmt: skip

# The larger languages only: with all of py3langid's 140, short English sentences become Pidgin, Latin or Frisian.
_LANGUAGES_OF_SCRIPT: Mapping[str, tuple[str, ...]] = {
    "latin": (
        "en", "es", "fr", "de", "it", "pt", "nl", "sv", "da", "no", "fi", "pl", "cs", "sk", "hu", "ro", "hr",
        "sl", "tr", "id", "tl", "vi",
    ),
    "cyrillic": ("ru", "uk", "bg", "sr", "mk", "be", "kk"),
    "arabic": ("ar", "fa", "ur"),
    "devanagari": ("hi", "mr", "ne"),
}  # fmt: skip

# English words that the other languages above do not have, or hardly.
_ENGLISH_WORDS = frozenset(
    re.findall(
        r"[a-z']+",
        """
        the this that these those it its is are was were has have had been being would could should
        can't cannot i'm i've i'd it's isn't don't doesn't didn't wasn't won't wouldn't you your my
        our their they them he she his her not and but with for from of to too very just only which
        what when where while because than then there here some any every all both more most much
        many never always again also about after before over under up out off works work worked
        working buy bought purchase purchased return returned recommend recommended use used using
        love loved like liked hate hated good great best better bad worse worst nice awful terrible
        horrible poor excellent awesome amazing fantastic perfect beautiful cheap cheaply junk crap
        garbage trash lame waste avoid happy disappointed disappointing disappointment satisfied
        pleased easy easily quickly well product quality price money battery phone headset case
        service customer sound screen keyboard vacuum bag cover charger item device movie film
        acting plot shipping delivery stars star overall update bottom line highly absolutely
        definitely totally simply nothing everything something anything no yes nope pros cons
        brilliant performance sure front zipper noise get got one two so as if or at on in be will
        we did do does fast fine funny comfortable incredible little bit guess think feel look looks
        looked rubbish meh five broke broken cracked stopped arrived heavy light loud quiet button
        buttons hard soft small large
        """,
    )
)

# What speaks for a language, tuned on short English review sentences and on short reviews in six other languages: how
# many times likelier the sender's word and the shop's languages make it, and how much py3langid's probabilities weigh
# beside those of the words; on few letters it is too sure.
_ODDS_OF_A_HINT = 20.0
_ODDS_OF_THE_SHOP = 10.0
_WEIGHT_OF_LETTERS = 0.5

# Where the beginning of a text has so many of them, and they are such a share of its words, no other of the
# languages comes into question, and py3langid, which costs ten times as much, is not asked. Nine in
# ten English reviews of more than a sentence are told this way.
_CERTAIN_CHARACTERS = 300
_CERTAIN_ENGLISH_WORDS = 5
_CERTAIN_ENGLISH_SHARE = 0.4

_LEAST_CONFIDENCE = 0.3
_TINY = 1e-12

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
# The same for what is ASCII in lower case.
_PLAIN_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")


@dataclass(frozen=True, slots=True)
class DetectedLanguage:
    """What a text is written in.

    Attributes:
        code: ISO 639-1, or "und" where there is nothing to tell it by.
        confidence: 0 to 1.
    """

    code: str
    confidence: float


class LanguageIdentifier:
    """Identifies languages. Built in a second; then immutable, so any thread may use it.

    Args:
        languages: ISO 639-1 codes of those that the shop's reviews are mostly in, the usual one first. Short texts
            are taken for one of them unless their words speak for another, and what nothing tells ("👍", "5/5",
            a name) for the first. None are likelier than others where this is empty.
    """

    def __init__(self, languages: Sequence[str] = ()) -> None:
        everything = NaiveBayes.from_model_file(MODEL_FILE, norm_probs=True)
        self._identifiers = {
            script: _restricted(everything, known) for script, known in _LANGUAGES_OF_SCRIPT.items()
        }
        self._words = WordEvidence(_LANGUAGES_OF_SCRIPT["latin"])
        self._languages = tuple(languages)

    def identify(self, text: str, hint: str | None = None) -> DetectedLanguage:
        """The likeliest language of a text.

        Args:
            text: a review, of any length.
            hint: a language code the sender gave, such as "en" or "pt-BR"; evidence, not proof.
        """
        text = text[:_READ_CHARACTERS]
        hinted = hint.replace("_", "-").partition("-")[0].lower() if hint else None
        script = dominant_script(text)
        if script is None:
            return self._untold((hinted,) if hinted else self._languages, 0.5)
        if script == "han" and (hinted or next(iter(self._languages), None)) == "ja":
            return DetectedLanguage("ja", 0.5)  # short Japanese texts may be without kana
        if script in _LANGUAGE_OF_SCRIPT:
            return DetectedLanguage(_LANGUAGE_OF_SCRIPT[script], 1.0)
        if script == "latin" and _is_certainly_english(*_count_words(text[:_CERTAIN_CHARACTERS])):
            return DetectedLanguage("en", 1.0)
        shares = self._shares(script, text, hinted)
        code = max(shares, key=lambda language: shares[language])
        if shares[code] < _LEAST_CONFIDENCE:
            # The text does not tell; then the word of the sender, or of the shop, is all there is.
            wanted = (hinted, *self._languages)
            return self._untold([known for known in wanted if known in shares], shares[code])
        return DetectedLanguage(code, shares[code])

    def _shares(self, script: str, text: str, hinted: str | None) -> Mapping[str, float]:
        """How likely each language of a script is; the sum is 1."""
        letters = self._identifiers[script].rank(text)
        odds = {code: _WEIGHT_OF_LETTERS * math.log(max(share, _TINY)) for code, share in letters}
        if script == "latin":
            for code, words in self._words.log_odds(text).items():
                odds[code] += words
        for code in self._languages:
            if code in odds:
                odds[code] += math.log(_ODDS_OF_THE_SHOP)
        if hinted in odds:
            odds[hinted] += math.log(_ODDS_OF_A_HINT)
        most = max(odds.values())
        likelihoods = {code: math.exp(value - most) for code, value in odds.items()}
        total = sum(likelihoods.values())
        return {code: likelihood / total for code, likelihood in likelihoods.items()}

    def _untold(self, candidates: Sequence[str | None], confidence: float) -> DetectedLanguage:
        code = next(filter(None, candidates), None)
        return DetectedLanguage(code, confidence) if code else DetectedLanguage(UNDETERMINED, 0.0)


def _is_certainly_english(words: int, english: int) -> bool:
    return english >= _CERTAIN_ENGLISH_WORDS and english >= _CERTAIN_ENGLISH_SHARE * words


def _count_words(text: str) -> tuple[int, int]:
    """All words, and the English ones among them."""
    text = text.lower().replace("’", "'")
    words = (_PLAIN_WORD if text.isascii() else _WORD).findall(text)
    return len(words), sum(map(_ENGLISH_WORDS.__contains__, words))


def _restricted(identifier: NaiveBayes, languages: tuple[str, ...]) -> NaiveBayes:
    restricted = copy.copy(
        identifier
    )  # shares the tables; set_languages replaces, it does not write into them
    restricted.set_languages(languages)
    return restricted
