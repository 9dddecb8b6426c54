"""Loads the configured readers. Nothing is imported or loaded before somebody asks for it."""

import os
from collections.abc import Mapping
from typing import Any

from models.errors import ModelError
from models.readers.interfaces import ReviewReader
from streams.errors import ConfigurationError
from streams.settings import Settings

#: Reads every language that no other reader is named for.
ANY_LANGUAGE = "*"


def load_readers(settings: Settings) -> Mapping[str, ReviewReader[Any]]:
    """The configured readers by the language they read, or ANY_LANGUAGE. Takes long: torch, weights.

    Raises:
        ConfigurationError: a model is not there, or does not fit.
    """
    # torch takes seconds to import
    from models.readers.loading import LoadOptions  # noqa: PLC0415
    from models.readers.loading import load_readers as load  # noqa: PLC0415

    # Tokenising has a thread of its own; spread over all cores it would only get in the model's way.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

    model = settings.model
    try:
        return load(model.readers, LoadOptions(model.device, model.dtype, model.threads, model.labels))
    except ModelError as error:
        raise ConfigurationError(str(error)) from error
