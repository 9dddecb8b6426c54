"""The built-in English reader's sentiment as a plain transformers checkpoint: what the baselines load.

The same weights, the same two layers, the same head; only written as one writes it with transformers: padded
batches, an attention mask, one window of 256 tokens. Runs in the baselines' interpreter too, so it takes nothing
of ours but the weights and the head's few lines.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoTokenizer, BertConfig, BertModel, BertPreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput

from models.encoders.minilm_encoder import FEATURE_LAYERS, encoder_directory
from models.readers.review_weights import ReviewWeights, load_review_weights

LABELS = ("negative", "neutral", "positive")
#: What the encoder was trained with. Longer reviews are cut, as `truncation=True` does.
MAX_TOKENS = 256
_DIRECTORY = Path(__file__).parents[2] / "models" / "builtin" / "minilm-reviews-en"
#: Our layers' names, and those that transformers gives them; query, key and value are one of ours.
_NAMES = {
    "query_key_value": ("attention.self.query", "attention.self.key", "attention.self.value"),
    "attention_output": ("attention.output.dense",),
    "widen": ("intermediate.dense",),
    "narrow": ("output.dense",),
}


class MiniLmForSequenceClassification(BertPreTrainedModel):
    """Token ids to logits, (reviews, tokens) to (reviews, 3); their softmax are our probabilities."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__(config)
        self.bert = BertModel(config, add_pooling_layer=False)
        self.weights: ReviewWeights | None = None
        self.post_init()

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None, **_: Any
    ) -> SequenceClassifierOutput:
        """Run a padded batch."""
        states = self.bert(
            input_ids=input_ids,
            attention_mask=attention_mask,
            token_type_ids=token_type_ids,
            output_hidden_states=True,
        ).hidden_states
        return SequenceClassifierOutput(logits=logits_of(self.weights, states, attention_mask))


def logits_of(weights: ReviewWeights | None, states: tuple[Tensor, ...], attention_mask: Tensor) -> Tensor:
    """Calibrated logits of the mean token vectors, padding and the two special tokens left out."""
    assert weights is not None
    is_word = attention_mask.clone()
    is_word[:, 0] = 0
    is_word[torch.arange(len(is_word)), attention_mask.sum(1) - 1] = 0
    mask = is_word.unsqueeze(-1).float()
    means = [(states[layer].float() * mask).sum(1) / mask.sum(1).clamp(min=1) for layer in FEATURE_LAYERS]
    return weights.sentiment_head(torch.cat(means, dim=1)) / weights.temperature


def load_reference(dtype: str = "auto") -> tuple[Any, MiniLmForSequenceClassification]:
    """Tokenizer and model, as `from_pretrained` loads them; "auto" is the checkpoint's own float32."""
    directory = encoder_directory()
    tokenizer = AutoTokenizer.from_pretrained(directory, local_files_only=True, model_max_length=MAX_TOKENS)
    config = BertConfig.from_pretrained(directory)
    config.id2label = dict(enumerate(LABELS))
    config.label2id = {label: number for number, label in enumerate(LABELS)}
    model = MiniLmForSequenceClassification(config)
    model.weights = load_review_weights(_DIRECTORY, "cpu")
    model.bert = _adapted_bert(model.weights)
    if dtype != "auto":
        model.bert.to(getattr(torch, dtype))
    return tokenizer, model.eval()


@torch.no_grad()
def _adapted_bert(weights: ReviewWeights) -> BertModel:
    """The encoder's package with our adapter in its weights."""
    bert = BertModel.from_pretrained(encoder_directory(), local_files_only=True, add_pooling_layer=False)
    for name in {name.rpartition(".")[0] for name in weights.adapter}:
        _, number, ours = name.split(".")
        update = weights.adapter[f"{name}.up"] @ weights.adapter[f"{name}.down"]
        theirs = [bert.encoder.layer[int(number)].get_submodule(other) for other in _NAMES[ours]]
        for layer, part in zip(theirs, update.chunk(len(theirs)), strict=True):
            layer.weight.add_(part)
    return bert


class SentimentModule(nn.Module):
    """The head as a module of sentence-transformers, behind its Transformer: probabilities as the "embedding"."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = load_review_weights(_DIRECTORY, "cpu")

    def forward(self, features: dict[str, Any]) -> dict[str, Any]:
        """Read the hidden states of all layers, add the sentence embedding."""
        states = features["all_layer_embeddings"]
        logits = logits_of(self.weights, states, features["attention_mask"])
        features["sentence_embedding"] = torch.softmax(logits, dim=1)
        return features

    def save(self, *_: Any) -> None:
        """Nothing to save: the head is loaded from its directory."""

    @staticmethod
    def load(*_: Any, **__: Any) -> "SentimentModule":
        """Load it, wherever the rest of the model lies."""
        return SentimentModule()


def write_sentence_transformer(directory: Path) -> None:
    """The adapted encoder as a sentence-transformers model that ends in our head."""
    source = encoder_directory()
    shutil.copytree(source, directory, dirs_exist_ok=True)
    _adapted_bert(load_review_weights(_DIRECTORY, "cpu")).save_pretrained(directory)
    config = json.loads((directory / "config.json").read_text(encoding="utf-8"))
    (directory / "config.json").write_text(json.dumps(config | {"output_hidden_states": True}))
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Sentiment", "type": f"{__name__}.SentimentModule"},
    ]
    (directory / "modules.json").write_text(json.dumps(modules))
    (directory / "1_Sentiment").mkdir(exist_ok=True)
