"""The built-in English reader's sentiment as a plain transformers checkpoint: what the baselines load.

The same weights, the same heads; only written as one writes it with transformers: padded batches, an attention
mask, one window of 256 tokens. Runs in the baselines' interpreter too, so it takes nothing of ours but the weights
and the heads.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoTokenizer, BertConfig, BertModel, BertPreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput

from models.encoders.differences import add_difference
from models.encoders.minilm_encoder import encoder_directory, load_packed_bert
from models.readers.opinion_heads import Segments
from models.readers.opinion_weights import ReaderWeights, load_reader_weights

LABELS = ("negative", "neutral", "positive")
#: What the encoder was trained with. Longer reviews are cut, as `truncation=True` does.
MAX_TOKENS = 256
_DIRECTORY = Path(__file__).parents[2] / "models" / "builtin" / "reviews-en"
#: Our layers' names, and those that transformers gives them; query, key and value are one of ours.
_NAMES = {
    "query_key_value": ("attention.self.query", "attention.self.key", "attention.self.value"),
    "attention_output": ("attention.output.dense",),
    "attention_norm": ("attention.output.LayerNorm",),
    "widen": ("intermediate.dense",),
    "narrow": ("output.dense",),
    "output_norm": ("output.LayerNorm",),
}


class MiniLmForSequenceClassification(BertPreTrainedModel):
    """Token ids to logits, (reviews, tokens) to (reviews, 3); their softmax are our probabilities."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__(config)
        self.bert = BertModel(config, add_pooling_layer=False)
        self.weights: ReaderWeights | None = None
        self.post_init()

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None, **_: Any
    ) -> SequenceClassifierOutput:
        """Run a padded batch."""
        states = self.bert(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        assert self.weights is not None
        return SequenceClassifierOutput(logits=logits_of(self.weights, states, attention_mask))


def logits_of(weights: ReaderWeights, states: Tensor, attention_mask: Tensor) -> Tensor:
    """Calibrated logits of the sentiment, padding and the two special tokens left out."""
    is_word = attention_mask.clone()
    is_word[:, 0] = 0
    is_word[torch.arange(len(is_word)), attention_mask.sum(1) - 1] = 0
    review_of, place = is_word.nonzero(as_tuple=True)
    normed = weights.heads.normed(states[review_of, place])
    segments = weights.heads.segments(normed, Segments(review_of, len(states)), weights.heads.tokens(normed))
    return segments.sentiment / weights.calibration.sentiment


def load_reference(dtype: str = "auto") -> tuple[Any, MiniLmForSequenceClassification]:
    """Tokenizer and model, as `from_pretrained` loads them; "auto" is the checkpoint's own float32."""
    directory = encoder_directory()
    tokenizer = AutoTokenizer.from_pretrained(directory, local_files_only=True, model_max_length=MAX_TOKENS)
    config = BertConfig.from_pretrained(directory)
    config.id2label = dict(enumerate(LABELS))
    config.label2id = {label: number for number, label in enumerate(LABELS)}
    model = MiniLmForSequenceClassification(config)
    model.weights = load_reader_weights(_DIRECTORY)
    model.bert = _trained_bert(model.weights)
    if dtype != "auto":
        model.bert.to(getattr(torch, dtype))
    return tokenizer, model.eval()


@torch.no_grad()
def _trained_bert(weights: ReaderWeights) -> BertModel:
    """The encoder's package with what training changed in it."""
    trained = load_packed_bert(encoder_directory())
    add_difference(trained, weights.difference)
    bert = BertModel.from_pretrained(encoder_directory(), local_files_only=True, add_pooling_layer=False)
    for ours, theirs in zip(trained.layers, bert.encoder.layer, strict=True):
        for name, others in _NAMES.items():
            layer = ours.get_submodule(name)
            for kind in ("weight", "bias"):
                parts = layer.get_parameter(kind).chunk(len(others))
                for other, part in zip(others, parts, strict=True):
                    theirs.get_submodule(other).get_parameter(kind).copy_(part)
    return bert


class SentimentModule(nn.Module):
    """The heads as a module of sentence-transformers, behind its Transformer: probabilities as the "embedding"."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = load_reader_weights(_DIRECTORY)

    def forward(self, features: dict[str, Any]) -> dict[str, Any]:
        """Read the token vectors, add the sentence embedding."""
        logits = logits_of(self.weights, features["token_embeddings"], features["attention_mask"])
        features["sentence_embedding"] = torch.softmax(logits, dim=1)
        return features

    def save(self, *_: Any) -> None:
        """Nothing to save: the heads are loaded from their directory."""

    @staticmethod
    def load(*_: Any, **__: Any) -> "SentimentModule":
        """Load it, wherever the rest of the model lies."""
        return SentimentModule()


def write_sentence_transformer(directory: Path) -> None:
    """The trained encoder as a sentence-transformers model that ends in our heads."""
    shutil.copytree(encoder_directory(), directory, dirs_exist_ok=True)
    _trained_bert(load_reader_weights(_DIRECTORY)).save_pretrained(directory)
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Sentiment", "type": f"{__name__}.SentimentModule"},
    ]
    (directory / "modules.json").write_text(json.dumps(modules))
    (directory / "1_Sentiment").mkdir(exist_ok=True)
