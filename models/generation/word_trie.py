"""Which tokens may come next if a phrase consists of whole words out of a set: a trie over their tokens.

A word is a path of tokens, so no token that only occurs within allowed words can spell another word. Every word but
the first begins with its space, so two words are never joined into a third.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from models.generation.constraints import State
from models.generation.spelling import Speller
from models.generation.words import (
    DETERMINERS,
    FUNCTION_WORDS,
    capitalised,
    pauses,
    sentence_ends,
    spellings,
)


class WordState(NamedTuple):
    """Where a phrase is.

    Attributes:
        place: of the node.
        said: words that may not be said now: those of content that were, and those that do not fit the last one.
    """

    place: int
    said: frozenset[int]


class _Node:
    """A place within a word: where its tokens lead, the word that may end here, all words that go through it."""

    __slots__ = ("children", "place", "through", "word")

    def __init__(self, place: int) -> None:
        self.children: dict[int, _Node] = {}
        self.word: int | None = None
        self.through: set[int] = set()
        self.place = place


class WordTrie:
    """Phrases of the given words, with a pause between two of them or none, and an end; see `constraints.Constraint`.

    A word of content is said once, no word twice on end; a word of content comes after an article, before a pause, and
    last: small models like to go round in circles, and to stop in between. Languages without spaces: see `clause_trie`.

    Args:
        speller: of the model's tokenizer.
        words: see `models.generation.words.allowed_words`.
        language: ISO 639-1 code, which says how its sentences end.
        begun: whether an opening stands before the first word.
        end_tokens: the model's own tokens for the end of a text, which may end a phrase as a full stop does.
    """

    def __init__(
        self,
        speller: Speller,
        words: Iterable[str],
        language: str,
        *,
        begun: bool,
        end_tokens: frozenset[int],
    ) -> None:
        self._nodes: list[_Node] = []
        self._within = self._node()
        start = self._within if begun else self._node()
        self._numbers: dict[str, int] = {}
        for word in sorted(words):
            number = self._numbers.setdefault(word.casefold(), len(self._numbers))
            for spelling in spellings(word):
                self._add(self._within, speller.within(" " + spelling), number)
            if not begun:
                self._add(start, speller.at_start(capitalised(word)), number)
        function_words = FUNCTION_WORDS.get(language, frozenset())
        of_content = frozenset(
            number
            for word, number in self._numbers.items()
            if word not in function_words and number in self._within.through
        )
        self._said_once = of_content
        self._function_words = frozenset(self._numbers.values()) - of_content
        determiners = DETERMINERS.get(language, frozenset())
        self._determiners = frozenset(number for word, number in self._numbers.items() if word in determiners)
        self._pauses = speller.single(pauses(language))
        self._ends = speller.single(sentence_ends(language)) | end_tokens
        self.start: State = WordState(start.place, frozenset())
        self.tokens: frozenset[int] | None = (
            frozenset(token for node in self._nodes for token in node.children) | self._pauses | self._ends
        )

    def allowed(self, state: State) -> frozenset[int]:
        """The tokens that may come next; none only where not one word can be written."""
        place, said = _known(state)
        node = self._nodes[place]
        tokens = _open(node, said)
        if node.word is None or node.word in said:
            return frozenset(tokens)
        now_said = self._after(node.word, said)
        following: set[int] = set()
        if not self._said_once or not self._said_once <= now_said:
            following = _open(self._within, now_said)
            tokens |= following
        if node.word in self._said_once or not self._said_once:
            tokens |= self._ends | (self._pauses if following else set())
        elif not following:
            tokens |= self._ends
        return frozenset(tokens)

    def next(self, state: State, token: int) -> State:
        """Where an allowed token leads. A longer word goes before an end: after 3 of 3.5, a point goes on to 5."""
        place, said = _known(state)
        node = self._nodes[place]
        if token in _open(node, said):
            return WordState(node.children[token].place, said)
        if token in self._ends or node.word is None:
            return None
        now_said = self._after(node.word, said)
        if token in self._pauses:
            return WordState(self._within.place, now_said)
        return WordState(self._within.children[token].place, now_said)

    def _after(self, word: int, said: frozenset[int]) -> frozenset[int]:
        """What may not be said after a word."""
        unfit = self._function_words if word in self._determiners else frozenset({word})
        return (said & self._said_once) | unfit

    def _node(self) -> _Node:
        node = _Node(len(self._nodes))
        self._nodes.append(node)
        return node

    def _add(self, root: _Node, tokens: Sequence[int] | None, word: int) -> None:
        if not tokens:
            return
        node = root
        node.through.add(word)
        for token in tokens:
            if token not in node.children:
                node.children[token] = self._node()
            node = node.children[token]
            node.through.add(word)
        node.word = word


def _open(node: _Node, said: frozenset[int]) -> set[int]:
    """The tokens that lead from a place to a word that may be said."""
    return {token for token, child in node.children.items() if not child.through <= said}


def _known(state: State) -> WordState:
    if not isinstance(state, WordState):
        raise TypeError(f"wanted a state of this trie, got {state!r}")
    return state
