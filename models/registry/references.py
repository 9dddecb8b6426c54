"""Parse the names of models: builtin:NAME, path:/directory, hf:organisation/name@revision."""

import re
from dataclasses import dataclass
from typing import Literal

from models.errors import ModelConfigurationError

ReferenceKind = Literal["builtin", "path", "hf"]

_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_REVISION = re.compile(r"[\w./-]+", re.ASCII)
_BUILTIN_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class ModelReference:
    """Where a model comes from.

    Attributes:
        kind: builtin (shipped with this project), path (a local directory) or hf (the Hugging Face hub).
        name: the built-in's name, the directory, or organisation/name.
        revision: branch, tag or commit; only of hf.
    """

    kind: ReferenceKind
    name: str
    revision: str | None = None

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" + (f"@{self.revision}" if self.revision else "")


def parse_reference(text: str) -> ModelReference:
    """Read a model reference.

    Raises:
        ModelConfigurationError: it is none; the message says what one looks like.

    >>> parse_reference("hf:org/name@v1.0")
    ModelReference(kind='hf', name='org/name', revision='v1.0')
    >>> str(parse_reference("builtin:reviews-en"))
    'builtin:reviews-en'
    """
    kind, separator, rest = text.strip().partition(":")
    if not separator or not rest:
        raise _refusal(text, "it has no kind or no name")
    if kind == "builtin":
        if not _BUILTIN_NAME.fullmatch(rest):
            raise _refusal(text, "a built-in's name is lower-case words joined by hyphens")
        return ModelReference("builtin", rest)
    if kind == "path":
        return ModelReference("path", rest)
    if kind == "hf":
        return _parse_hub(text, rest)
    raise _refusal(text, f"there is no kind {kind!r}")


def _parse_hub(text: str, rest: str) -> ModelReference:
    name, at, revision = rest.partition("@")
    if not _HUB_NAME.fullmatch(name):
        raise _refusal(text, "a hub model is named organisation/name")
    # Without a revision the weights could change between two starts, and the results with them.
    if not at or not _REVISION.fullmatch(revision):
        raise _refusal(text, "a hub model needs a revision (a tag or commit) after @")
    return ModelReference("hf", name, revision)


def _refusal(text: str, reason: str) -> ModelConfigurationError:
    return ModelConfigurationError(
        f"model reference {text!r} cannot be read: {reason}. "
        "Write builtin:NAME, path:/directory or hf:organisation/name@revision"
    )
