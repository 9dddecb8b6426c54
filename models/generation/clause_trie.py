"""Which tokens may come next in a language without spaces: stretches of the evidence's clauses, in their order.

A clause of the phrase is a clause of the evidence, from where `han_clauses` allows it to begin to its end (a sentence
is shortened by leaving out whole parts of it, Knight and Marcu 2002). So no negation is lost, nothing is compared the
other way round, and nothing is said of one thing that the evidence says of another.
"""

from collections.abc import Iterable, Sequence

from models.generation.constraints import State
from models.generation.han_clauses import clauses_of
from models.generation.spelling import Speller
from models.generation.stretches import Point, Stretch, behind, stretches_of
from models.generation.words import FUNCTION_WORDS, is_blocked, pauses, sentence_ends

_WITHIN, _AT_START = 0, 1

#: Nodes that the tokens may have led to, each with the point that its way began at.
_Places = frozenset[tuple[int, Point]]


class _Node:
    """Where tokens lead; the stretches and words that end here, and those that go through."""

    __slots__ = ("children", "here", "through")

    def __init__(self) -> None:
        self.children: dict[int, int] = {}
        self.here: set[Stretch | str] = set()
        self.through: set[Stretch | str] = set()


class ClauseTrie:
    """Phrases of stretches of the evidence; see `models.generation.constraints.Constraint`.

    Args:
        speller: of the model's tokenizer.
        evidence: sentences.
        language: ISO 639-1 code of one without spaces.
        blocked: words; stretches with one are left out, but two stretches may still make one.
        begun: whether an opening stands before the first stretch.
        end_tokens: the model's own tokens for the end of a text, which may end a phrase as a full stop does.
    """

    def __init__(
        self,
        speller: Speller,
        evidence: Iterable[str],
        language: str,
        *,
        blocked: frozenset[str],
        begun: bool,
        end_tokens: frozenset[int],
    ) -> None:
        clauses = dict.fromkeys(clause for sentence in evidence for clause in clauses_of(sentence))
        self._nodes = [_Node(), _Node()]
        self._stretches: set[Stretch] = set()
        for number, clause in enumerate(clauses):
            for stretch in stretches_of(number, clause):
                text = clause.text(stretch.start, stretch.end)
                within, at_start = speller.within(text), speller.at_start(text)
                if within and at_start and not is_blocked(text, blocked):
                    self._add(_WITHIN, within, stretch)
                    self._add(_AT_START, at_start, stretch)
                    self._stretches.add(stretch)
        self._links = FUNCTION_WORDS[language]
        for word in self._links:
            self._add(_WITHIN, speller.within(word) or (), word)
        self._pauses = speller.single(pauses(language))
        self._ends = speller.single(sentence_ends(language)) | end_tokens
        self._known: dict[Point, frozenset[Stretch | str]] = {}
        first = Point(frozenset(), "nothing")
        self.start: State = frozenset({(_WITHIN if begun else _AT_START, first)})
        self.tokens: frozenset[int] | None = (
            frozenset(token for node in self._nodes for token in node.children) | self._pauses | self._ends
        )

    def allowed(self, state: State) -> frozenset[int]:
        """The tokens that may come next; none only where nothing of the evidence can be written."""
        places = _places(state)
        left = self._left(places)
        tokens = {
            token
            for node, point in places | {(_WITHIN, point) for point in self._reached(places)}
            for token, child in self._nodes[node].children.items()
            if not self._nodes[child].through.isdisjoint(self._following(point))
        }
        if left:
            tokens |= self._ends
        if any(self._following(point) for point in left):
            tokens |= self._pauses
        return frozenset(tokens)

    def next(self, state: State, token: int) -> State:
        """Where an allowed token leads; a comma may end a clause or stand within a condition."""
        places = _places(state)
        if token in self._ends:
            return None
        onward = {
            (child, point)
            for node, point in places | {(_WITHIN, point) for point in self._reached(places)}
            if (child := self._nodes[node].children.get(token)) is not None
            and not self._nodes[child].through.isdisjoint(self._following(point))
        }
        if token in self._pauses:
            onward |= {(_WITHIN, point) for point in self._left(places) if self._following(point)}
        return frozenset(onward)

    def _reached(self, places: _Places) -> set[Point]:
        """The points behind what ends where the phrase is."""
        return {
            behind(point, one)
            for node, point in places
            for one in self._nodes[node].here & self._following(point)
        }

    def _left(self, places: _Places) -> set[Point]:
        """Those of them behind a stretch, as behind a pause."""
        return {point._replace(after="pause") for point in self._reached(places) if point.after == "stretch"}

    def _following(self, point: Point) -> frozenset[Stretch | str]:
        """What may come next."""
        if point not in self._known:
            found: set[Stretch | str] = set()
            if point.after != "stretch":
                found |= {one for one in self._stretches if one.clause not in point.said}
            if found and point.after == "pause":
                found |= self._links
            self._known[point] = frozenset(found)
        return self._known[point]

    def _add(self, root: int, tokens: Sequence[int], one: Stretch | str) -> None:
        node = self._nodes[root]
        for token in tokens:
            if token not in node.children:
                node.children[token] = len(self._nodes)
                self._nodes.append(_Node())
            node = self._nodes[node.children[token]]
            node.through.add(one)
        if tokens:
            node.here.add(one)


def _places(state: State) -> _Places:
    if not isinstance(state, frozenset):
        raise TypeError(f"wanted a state of this trie, got {state!r}")
    return state
