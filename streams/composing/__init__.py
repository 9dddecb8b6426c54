"""A product's text from its snapshot: counted and quoted, or phrased by a model, and checked either way."""

from streams.composing.composition import Composition, joined
from streams.composing.writing import compose

__all__ = ["Composition", "compose", "joined"]
