"""How many tokens the generator writes, counted in the same way wherever it is called from."""

from typing import Any

from models.generation import generator
from models.generation.decoding import Written


class TokenCount:
    """Counts the tokens of phrases that came to their end, all samples, in this process.

    Attributes:
        tokens: so far.
    """

    def __init__(self) -> None:
        self.tokens = 0
        self._write = generator.write

    def start(self) -> None:
        """From now on."""
        generator.write = self._counted

    def stop(self) -> None:
        """No more."""
        generator.write = self._write

    def _counted(self, *arguments: Any, **options: Any) -> list[Written]:
        written = self._write(*arguments, **options)
        self.tokens += sum(len(one.tokens) for one in written)
        return written
