"""What a worker is made of beside its settings; a test puts its own in."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from models.errors import ModelError
from models.interfaces import ReviewReader
from streams.composing.composer import SummaryComposer
from streams.delivery.sink import Checkpoint, pass_by
from streams.errors import ConfigurationError
from streams.roles.enrich.reading import Preparer
from streams.roles.generate.handler import Composer
from streams.settings import Settings


@dataclass(frozen=True, slots=True)
class Parts:
    """What a worker is made of beside its settings; a test puts its own in.

    Attributes:
        load_readers: loads the models, by the languages they are to read; called on a thread.
        load_preparer: makes what masks and identifies languages; called on a thread.
        load_composer: makes what puts products' snapshots into words; called on a thread.
        checkpoint: called by name at the points where a crash is most interesting.
    """

    load_readers: Callable[[Settings], Mapping[str, ReviewReader[Any]]]
    load_preparer: Callable[[Settings], Preparer]
    load_composer: Callable[[Settings], Composer]
    checkpoint: Checkpoint = pass_by


def default_parts() -> Parts:
    """The real models. Nothing is imported or loaded before a worker asks for it."""

    def load_readers(settings: Settings) -> Mapping[str, ReviewReader[Any]]:
        # torch takes seconds to import
        from models.loading import LoadOptions  # noqa: PLC0415
        from models.loading import load_readers as load  # noqa: PLC0415

        # Tokenising has a thread of its own; spread over all cores it would only get in the model's way.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

        model = settings.model
        try:
            options = LoadOptions(model.device, model.dtype, model.threads, model.labels)
            return load(model.readers, options)
        except ModelError as error:
            raise ConfigurationError(str(error)) from error

    def load_preparer(settings: Settings) -> Preparer:
        from models.preparation import ReviewPreparer  # noqa: PLC0415 - reads its tables

        return ReviewPreparer(masks_personal_data=settings.privacy.mask_personal_data)

    def load_composer(settings: Settings) -> Composer:
        from streams.roles.generate.voices import load_voices  # noqa: PLC0415 - of one role only

        return SummaryComposer(*load_voices(settings, load_readers), deadline_s=settings.generation.batch_s)

    return Parts(load_readers, load_preparer, load_composer)
