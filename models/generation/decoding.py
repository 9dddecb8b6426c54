"""The decode loop: a batch of phrases, token by token, each within what it may say."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from models.generation.constraints import Constraint, State
from models.generation.output_rows import worth_slicing
from models.generation.sampling import choose
from models.generation.steps import Network, Prompt

# A byte-pair vocabulary begins with what is merged first, a unigram one with what is likeliest: the commonest tokens.
# They, and those allowed, stand for all in a token's probability, which is 0.17 too high in the mean (natural
# logarithm; correlation 0.97 over 889 tokens of SmolLM2); all of them would cost what selecting outputs saves.
_COMMONEST = 2048

# Rows that are finished stay in the batch until it shrinks to this share of itself: taking them out copies the rest.
_SHRINKS_TO = 0.75


@dataclass(frozen=True, slots=True)
class Written:
    """A phrase that came to its end.

    Attributes:
        prompt: its place among the prompts.
        sample: its number among those of its prompt.
        tokens: after the opening.
        mean_log_probability: of these tokens, given the allowed and the commonest ones, at temperature 1.
    """

    prompt: int
    sample: int
    tokens: tuple[int, ...]
    mean_log_probability: float


@dataclass(slots=True)
class _Row:
    prompt: int
    sample: int
    state: State
    tokens: list[int]
    log_probability: float = 0.0


def write(
    network: Network,
    prompts: Sequence[Prompt],
    constraints: Sequence[Constraint],
    draws: Sequence[Tensor],
    *,
    temperature: float,
    ends_at: float,
    sliced: bool = True,
    clock: Callable[[], float] = time.monotonic,
) -> list[Written]:
    """Write the phrases of one batch.

    Args:
        network: that writes.
        prompts: one of `network.batches`.
        constraints: what each prompt's phrases may say.
        draws: of each prompt, (samples, max_tokens); see `models.generation.sampling`.
        temperature: of the choice; 0: the likeliest token.
        ends_at: on the clock; what is not finished by then is given up.
        sliced: whether only the outputs that matter are computed, where that pays.
        clock: in seconds.

    Returns:
        In any order; a phrase that has no end within its max_tokens is left out.
    """
    batch = _Batch(prompts, constraints, draws, _selected(network, constraints, sliced=sliced), temperature)
    if clock() >= ends_at or not batch.rows:
        return []
    steps = network.begin(prompts)
    outputs = steps.start()
    while True:
        following = batch.take(outputs)
        if following is None or clock() >= ends_at:
            return batch.finished
        kept = batch.shrink()
        if kept is not None:
            steps.keep(kept)
            following = following[kept]
        outputs = steps.step(following)


def _selected(network: Network, constraints: Sequence[Constraint], *, sliced: bool) -> Tensor:
    """The columns that the network computes from now on, ascending."""
    columns = _columns(constraints, network.vocabulary) if sliced else None
    if columns is not None and network.select(columns):
        return columns
    network.select(None)
    return torch.arange(network.vocabulary)


class _Batch:
    """The rows of one batch, and which of them go on.

    Args:
        prompts: as in `write`.
        constraints: as in `write`.
        draws: as in `write`.
        columns: the tokens whose scores the network computes, ascending.
        temperature: of the choice.

    Attributes:
        rows: those in the network.
        finished: phrases that came to their end.
    """

    def __init__(
        self,
        prompts: Sequence[Prompt],
        constraints: Sequence[Constraint],
        draws: Sequence[Tensor],
        columns: Tensor,
        temperature: float,
    ) -> None:
        self._prompts = prompts
        self._constraints = constraints
        self._draws = draws
        self._columns = columns
        self._common = columns < _COMMONEST
        self._masks = _Masks(columns)
        self._temperature = temperature
        self.rows = [
            _Row(number, sample, constraint.start, [])
            for number, (prompt, constraint) in enumerate(zip(prompts, constraints, strict=True))
            for sample in range(prompt.samples)
        ]
        self.finished: list[Written] = []
        # Indices of the rows that go on, among those in the network.
        self._active = list(range(len(self.rows)))

    def take(self, outputs: Tensor) -> Tensor | None:
        """Choose the next token of every row that goes on.

        Args:
            outputs: (rows, columns) scores, of finished rows too.

        Returns:
            (rows,) the tokens to go on with, 0 in finished rows; None where no row goes on.
        """
        going = [self.rows[index] for index in self._active]
        tokens = self._choose(outputs[self._active].float().cpu(), going)
        self.finished += [_written(row) for row in going if row.state is None]
        on = [
            index
            for index, row in enumerate(going)
            if row.state is not None and len(row.tokens) < self._prompts[row.prompt].max_tokens
        ]
        if not on:
            return None
        self._active = [self._active[index] for index in on]
        following = torch.zeros(len(self.rows), dtype=torch.long)
        following[self._active] = tokens[on]
        return following

    def shrink(self) -> Tensor | None:
        """Let the finished rows go if they are many; the indices of those that stay, None where all do."""
        if len(self._active) > _SHRINKS_TO * len(self.rows):
            return None
        kept = torch.tensor(self._active)
        self.rows = [self.rows[index] for index in self._active]
        self._active = list(range(len(self.rows)))
        return kept

    def _choose(self, scores: Tensor, going: Sequence[_Row]) -> Tensor:
        """(going,) the token that each of these rows is continued with."""
        allowed = self._masks.of([(self._constraints[row.prompt], row.state) for row in going])
        draws = torch.stack([self._draws[row.prompt][row.sample, len(row.tokens)] for row in going])
        chosen = choose(scores.masked_fill(~allowed, -torch.inf), draws, self._temperature)
        chances = log_chances(scores, allowed | self._common, chosen)
        tokens = self._columns[chosen]
        for row, token, chance in zip(going, tokens.tolist(), chances.tolist(), strict=True):
            row.state = self._constraints[row.prompt].next(row.state, token)
            row.tokens.append(token)
            row.log_probability += chance
        return tokens


def log_chances(scores: Tensor, counted: Tensor, chosen: Tensor) -> Tensor:
    """Natural logarithms of the chosen columns' probabilities among the counted ones, at temperature 1, (rows,)."""
    among = scores.masked_fill(~counted, -torch.inf).logsumexp(dim=1)
    return scores.gather(1, chosen[:, None])[:, 0] - among


def _written(row: _Row) -> Written:
    return Written(row.prompt, row.sample, tuple(row.tokens), row.log_probability / len(row.tokens))


def _columns(constraints: Sequence[Constraint], vocabulary: int) -> Tensor | None:
    """The outputs that matter to a batch, ascending; None where they are too many to be worth selecting."""
    union: set[int] = set(range(min(_COMMONEST, vocabulary)))
    for constraint in constraints:
        if constraint.tokens is None:
            return None
        union |= constraint.tokens
    return torch.tensor(sorted(union)) if worth_slicing(len(union), vocabulary) else None


class _Masks:
    """Which columns are allowed in a state; each state's are computed once a batch."""

    def __init__(self, columns: Tensor) -> None:
        self._columns = columns
        self._known: dict[tuple[int, object], Tensor] = {}

    def of(self, states: Sequence[tuple[Constraint, State]]) -> Tensor:
        """(states, columns) bool."""
        return torch.stack([self._of(constraint, state) for constraint, state in states])

    def _of(self, constraint: Constraint, state: State) -> Tensor:
        key = (id(constraint), state)
        if key not in self._known:
            allowed = torch.tensor(sorted(constraint.allowed(state)), dtype=torch.long)
            mask = torch.zeros(len(self._columns), dtype=torch.bool)
            mask[torch.searchsorted(self._columns, allowed)] = True
            self._known[key] = mask
        return self._known[key]
