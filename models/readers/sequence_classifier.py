"""Any transformers sequence-classification checkpoint as a sentiment classifier."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from models.devices import CPU_BATCH_TOKENS, ComputePlan
from models.encoders.padded_rows import PaddedRows
from models.encoders.pretrained_files import window_tokens
from models.errors import ModelConfigurationError
from models.readers.interfaces import (
    SENTIMENT_LABELS,
    ReviewReading,
    SentimentLabel,
    TokenisedReview,
    predictions_of,
)
from models.readers.label_mapping import map_labels
from models.readers.tokenising import WindowedTokeniser
from models.registry.checkpoints import safetensors_of
from models.registry.manifest import sha256_of

_VERSION_DIGITS = 12


class SequenceClassifier:
    """See `models.readers.interfaces.ReviewReader`. Rows are padded, so batches of similar lengths are cheaper.

    Args:
        name: for people.
        version: of the weights.
        tokeniser: of the checkpoint.
        network: token ids to logits.
        labels: what each output of the network means.
        padding_id: of the checkpoint.
        device: the network is on.
        streams: forward passes side by side.
        batch_tokens: padded tokens of one forward pass.
    """

    packs = False
    languages: frozenset[str] | None = None

    def __init__(
        self,
        *,
        name: str,
        version: str,
        tokeniser: WindowedTokeniser,
        network: nn.Module,
        labels: Sequence[SentimentLabel],
        padding_id: int,
        device: str,
        streams: int = 1,
        batch_tokens: int = CPU_BATCH_TOKENS,
    ) -> None:
        self.name = name
        self.version = version
        self.embedding_version = None
        self.streams = streams
        self.batch_tokens = batch_tokens
        self._tokeniser = tokeniser
        self._network = network
        self._column_of_output = torch.tensor([SENTIMENT_LABELS.index(label) for label in labels])
        self._padding_id = padding_id
        self._device = device

    def tokenise(self, texts: Sequence[str]) -> list[TokenisedReview]:
        """Token ids of each text; long texts in several windows."""
        return self._tokeniser(texts)

    @torch.inference_mode()
    def forward(self, batch: Sequence[TokenisedReview]) -> list[ReviewReading]:
        """One reading a review: the mean of its windows', weighted by their lengths."""
        if not batch:
            return []
        windows = [window for review in batch for window in review.windows]
        by_window = self._probabilities(windows)
        means = []
        for rows, review in zip(
            torch.split(by_window, [len(review.windows) for review in batch]), batch, strict=True
        ):
            weights = torch.tensor([len(window) for window in review.windows], dtype=torch.float64)
            means.append(((weights / weights.sum()) @ rows).tolist())
        return [ReviewReading(sentiment) for sentiment in predictions_of(means)]

    def _probabilities(self, windows: Sequence[Sequence[int]]) -> Tensor:
        """(windows, 3) float64, in the order of SENTIMENT_LABELS."""
        rows = PaddedRows.of(windows, self._padding_id, self._device)
        output = self._network(input_ids=rows.token_ids, attention_mask=rows.is_token.long())
        by_output = torch.softmax(output.logits.double().cpu(), dim=1)
        merged = torch.zeros((len(windows), len(SENTIMENT_LABELS)), dtype=torch.float64)
        return merged.index_add_(1, self._column_of_output, by_output)


def load_sequence_classifier(
    directory: Path,
    plan: ComputePlan,
    *,
    name: str,
    labels: Mapping[str, SentimentLabel] | None,
) -> SequenceClassifier:
    """Load a checkpoint from a local directory: safetensors only, no remote code, no network.

    Raises:
        ModelConfigurationError: it is no such checkpoint, or its labels are not sentiments.
    """
    weights = safetensors_of(directory, f"model {name}")
    try:
        tokenizer = AutoTokenizer.from_pretrained(directory, local_files_only=True, trust_remote_code=False)
        network = AutoModelForSequenceClassification.from_pretrained(
            directory,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            dtype=torch.float32,
        )
    except (OSError, ValueError, KeyError) as error:
        raise ModelConfigurationError(
            f"model {name}: {directory} is not a sequence-classification checkpoint ({error})"
        ) from error
    if not tokenizer.is_fast:
        raise ModelConfigurationError(f"model {name}: its tokenizer has no tokenizer.json; save a fast one")
    config = network.config
    id2label = {int(index): str(label) for index, label in config.id2label.items()}
    padding_id = config.pad_token_id if config.pad_token_id is not None else 0
    return SequenceClassifier(
        name=name,
        version=sha256_of(*weights)[:_VERSION_DIGITS],
        tokeniser=WindowedTokeniser(
            tokenizer.backend_tokenizer,
            window_tokens(
                str(config.model_type),
                getattr(config, "max_position_embeddings", None),
                int(tokenizer.model_max_length),
                padding_id,
            ),
        ),
        network=network.to(plan.device, plan.dtype).eval(),
        labels=map_labels([id2label[index] for index in range(len(id2label))], labels),
        padding_id=padding_id,
        device=plan.device,
        streams=plan.streams,
        batch_tokens=plan.batch_tokens,
    )
