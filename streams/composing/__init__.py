"""A product's summary in words, by counting and quoting alone, and the checks that every published text must pass."""

from streams.composing.composition import Composition, joined
from streams.composing.writing import compose

__all__ = ["Composition", "compose", "joined"]
