"""The built-in English sentiment classifier: the packed MiniLM encoder with a head of our own."""

from collections.abc import Sequence
from pathlib import Path

from models.devices import ComputePlan
from models.errors import DamagedModelError
from models.interfaces import SentimentPrediction, TokenisedReview, predictions_of
from models.manifest import sha256_of
from models.minilm_encoder import Encoder, MiniLmEncoder, encoder_directory
from models.sentiment_head import WEIGHTS_NAME, CalibratedHead, load_head

_VERSION_DIGITS = 12


class MiniLmSentiment:
    """See `models.interfaces.SentimentClassifier`."""

    languages: frozenset[str] | None = frozenset({"en"})

    def __init__(
        self, name: str, version: str, encoder: Encoder, head: CalibratedHead, plan: ComputePlan
    ) -> None:
        self.name = name
        self.version = version
        self.streams = plan.streams
        self.batch_tokens = plan.batch_tokens
        self.packs = encoder.packs
        self._encoder = encoder
        self._head = head

    def tokenise(self, texts: Sequence[str]) -> list[TokenisedReview]:
        """Token ids of each text; long texts in several windows."""
        return self._encoder.tokenise(texts)

    def forward(self, batch: Sequence[TokenisedReview]) -> list[SentimentPrediction]:
        """One prediction a review, in order."""
        if not batch:
            return []
        return predictions_of(self._head.probabilities(self._encoder.encode(batch)).tolist())


def load_minilm_sentiment(directory: Path, plan: ComputePlan) -> MiniLmSentiment:
    """Load a head from its directory, and the encoder it belongs to from its package.

    Raises:
        ModelConfigurationError: the encoder's package is not installed.
        DamagedModelError: a file is not the one the head was trained or shipped with.
    """
    head = load_head(directory, plan.device)
    encoder_files = encoder_directory()
    encoder_weights = encoder_files / "model.safetensors"
    if (found := sha256_of(encoder_weights)) != head.encoder_sha256:
        raise DamagedModelError(
            f"model {directory.name}: its head was trained on encoder weights {head.encoder_sha256}, the installed "
            f"package has {found}: install the package's pinned version, or train the head again"
        )
    return MiniLmSentiment(
        name=directory.name,
        version=sha256_of(encoder_weights, directory / WEIGHTS_NAME)[:_VERSION_DIGITS],
        encoder=_load_encoder(encoder_files, plan),
        head=head,
        plan=plan,
    )


def _load_encoder(directory: Path, plan: ComputePlan) -> Encoder:
    if plan.engine == "openvino":
        from models.openvino_encoder import OpenVinoEncoder  # noqa: PLC0415 - an extra

        return OpenVinoEncoder(directory, plan)
    return MiniLmEncoder(directory, plan)
