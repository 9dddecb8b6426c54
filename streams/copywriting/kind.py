"""What a kind of copy is: one declarative entry that the writer reads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from schemas.copywriting import CopyKind
from streams.copywriting.brief import Brief, Draft, Limits

#: Makes a draft of a brief; None: there is nothing to say.
Compose = Callable[[Brief], Draft | None]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of copy.

    Attributes:
        name: in the contracts.
        brief: what it is for, in a sentence: for people, and for models that write it.
        inputs: fields of a request that it reads beside the product's facts.
        compose: how it is composed from facts.
        fallback: what is composed where that fails; None: nothing.
        products: how many products it is about, at least.
        limits: of a language with spaces, and of one without.
        channels: limits by channel, where it has channels: of a language with spaces, and of one without.
        styles: ways to write it that a request may name.
    """

    name: CopyKind
    brief: str
    compose: Compose
    inputs: tuple[str, ...] = ()
    fallback: Compose | None = None
    products: int = 1
    limits: tuple[Limits, Limits] = (Limits(), Limits())
    channels: Mapping[str, tuple[Limits, Limits]] = field(default_factory=lambda: MappingProxyType({}))
    styles: tuple[str, ...] = ()

    def limits_of(self, channel: str | None, *, unspaced: bool) -> Limits:
        """The limits of a channel, or of the kind.

        Raises:
            KeyError: it has no such channel.
        """
        own = self.limits[unspaced]
        return own if channel is None else own.within(self.channels[channel][unspaced])
