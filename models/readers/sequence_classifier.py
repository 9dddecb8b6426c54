"""Any transformers sequence-classification checkpoint as a sentiment classifier."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from models.devices import CPU_BATCH_TOKENS, ComputePlan, to_device
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
from models.registry.manifest import sha256_of

_VERSION_DIGITS = 12

# These number their positions from the padding token's id + 1 on, so that many of them are never used.
_MODELS_WITH_OFFSET_POSITIONS = frozenset(
    {"camembert", "data2vec-text", "longformer", "mpnet", "roberta", "roberta-prelayernorm", "xlm-roberta"}
)

# Where a checkpoint names no limit at all, a window that any of them was trained for.
_DEFAULT_WINDOW_TOKENS = 512


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
        longest = max(len(window) for window in windows)
        token_ids = torch.full((len(windows), longest), self._padding_id)
        is_token = torch.zeros((len(windows), longest), dtype=torch.long)
        for row, window in enumerate(windows):
            token_ids[row, : len(window)] = torch.tensor(window)
            is_token[row, : len(window)] = 1
        output = self._network(
            input_ids=to_device(token_ids, self._device), attention_mask=to_device(is_token, self._device)
        )
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
    weights = sorted(directory.glob("*.safetensors"))
    if not weights:
        raise ModelConfigurationError(
            f"model {name}: no *.safetensors in {directory}; pickled weights are not loaded, for they can run "
            "code: convert the checkpoint with transformers' save_pretrained"
        )
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


def window_tokens(model_type: str, positions: int | None, tokenizer_limit: int, padding_id: int) -> int:
    """The longest window a checkpoint takes, special tokens included.

    >>> window_tokens("bert", 512, 10**30, 0), window_tokens("roberta", 514, 512, 1)
    (512, 512)
    """
    if positions is None:
        return min(tokenizer_limit, _DEFAULT_WINDOW_TOKENS)
    if model_type in _MODELS_WITH_OFFSET_POSITIONS:
        positions -= padding_id + 1
    return min(tokenizer_limit, positions)
