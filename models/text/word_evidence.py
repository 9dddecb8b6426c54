"""Which languages use the words of a short text: how often each does, by the lists of the wordfreq package.

A naive Bayes classifier over words. Frequencies are capped above, for a function word of one language may be a noun of
another ("hat"), and below, for a name or a misspelling is in no list.
"""

import math
import re
from collections.abc import Mapping, Sequence
from functools import cache

from wordfreq import get_frequency_list

#: What the package calls the languages that it has under another code.
_LISTED_AS = {"hr": "sh", "no": "nb", "tl": "fil"}
_LN_10 = math.log(10)
# In hundredths of the decimal logarithm of the share: words that make up a millionth of a language or less are in no
# list that is kept. Rarer English words are, as English is what shops meet most.
_RAREST, _RAREST_ENGLISH = 500, 600
_MOST = -4.0
_LEAST_BELOW_MOST = 2.5
_READ_CHARACTERS, _READ_WORDS = 400, 12

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


class WordEvidence:
    """The words of some languages. Some 25 MB for the larger languages of the Latin alphabet; immutable.

    Args:
        languages: ISO 639-1 codes.
    """

    def __init__(self, languages: Sequence[str]) -> None:
        self._shares = {language: _shares(language) for language in languages}

    def log_odds(self, text: str) -> Mapping[str, float]:
        """The natural logarithm of how likely each language makes the first words, all but for one constant.

        A word that no language is known to use says nothing.
        """
        odds = dict.fromkeys(self._shares, 0.0)
        words = _WORD.findall(text[:_READ_CHARACTERS].lower().replace("’", "'"))
        for word in words[:_READ_WORDS]:
            stem = word.partition("'")[0]
            found = {
                language: share
                for language, shares in self._shares.items()
                if (share := shares.get(word) or shares.get(stem))
            }
            if found:
                least = max(found.values()) - _LEAST_BELOW_MOST
                for language in odds:
                    odds[language] += _LN_10 * max(found.get(language, least), least)
        return odds


@cache
def _shares(language: str) -> Mapping[str, float]:
    """The decimal logarithm of how much of a language each of its more frequent words makes up."""
    rarest = _RAREST_ENGLISH if language == "en" else _RAREST
    bins = get_frequency_list(_LISTED_AS.get(language, language), "small")
    get_frequency_list.cache_clear()  # it would keep four times what is kept here
    return {
        word: min(-hundredths / 100, _MOST)
        for hundredths, words in enumerate(bins[: rarest + 1])
        for word in words
    }
