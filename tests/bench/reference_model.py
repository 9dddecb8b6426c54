"""The built-in classifier as a plain transformers checkpoint: what the baselines load.

The same weights, the same two layers, the same head; only written as one writes it with transformers: padded
batches, an attention mask, one window of 256 tokens. Runs in the baselines' interpreter too, so it takes nothing
of ours but the head's few lines.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoTokenizer, BertConfig, BertModel, BertPreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput

from models.minilm_encoder import FEATURE_LAYERS, encoder_directory
from models.sentiment_head import CalibratedHead, load_head

LABELS = ("negative", "neutral", "positive")
#: What the encoder was trained with. Longer reviews are cut, as `truncation=True` does.
MAX_TOKENS = 256
_HEAD_DIRECTORY = Path(__file__).parents[2] / "models" / "builtin" / "minilm-sentiment-en"


class MiniLmForSequenceClassification(BertPreTrainedModel):
    """Token ids to logits, (reviews, tokens) to (reviews, 3); their softmax are our probabilities."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__(config)
        self.bert = BertModel(config, add_pooling_layer=False)
        self.head: CalibratedHead | None = None
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
        return SequenceClassifierOutput(logits=logits_of(self.head, states, attention_mask))


def logits_of(head: CalibratedHead | None, states: tuple[Tensor, ...], attention_mask: Tensor) -> Tensor:
    """The head's calibrated logits of the mean token vectors, padding left out."""
    assert head is not None
    is_token = attention_mask.unsqueeze(-1).float()
    means = [(states[layer].float() * is_token).sum(1) / is_token.sum(1) for layer in FEATURE_LAYERS]
    return head.network(torch.cat(means, dim=1)) / head.temperature


def load_reference(dtype: str = "auto") -> tuple[Any, MiniLmForSequenceClassification]:
    """Tokenizer and model, as `from_pretrained` loads them; "auto" is the checkpoint's own float32."""
    directory = encoder_directory()
    tokenizer = AutoTokenizer.from_pretrained(directory, local_files_only=True, model_max_length=MAX_TOKENS)
    config = BertConfig.from_pretrained(directory)
    config.id2label = dict(enumerate(LABELS))
    config.label2id = {label: number for number, label in enumerate(LABELS)}
    model = MiniLmForSequenceClassification(config)
    named = {} if dtype == "auto" else {"dtype": getattr(torch, dtype)}
    model.bert = BertModel.from_pretrained(directory, local_files_only=True, add_pooling_layer=False, **named)
    model.head = load_head(_HEAD_DIRECTORY, "cpu")
    return tokenizer, model.eval()


class SentimentModule(nn.Module):
    """The head as a module of sentence-transformers, behind its Transformer: probabilities as the "embedding"."""

    def __init__(self) -> None:
        super().__init__()
        self.head = load_head(_HEAD_DIRECTORY, "cpu")

    def forward(self, features: dict[str, Any]) -> dict[str, Any]:
        """Read the hidden states of all layers, add the sentence embedding."""
        states = features["all_layer_embeddings"]
        logits = logits_of(self.head, states, features["attention_mask"])
        features["sentence_embedding"] = torch.softmax(logits, dim=1)
        return features

    def save(self, *_: Any) -> None:
        """Nothing to save: the head is loaded from its directory."""

    @staticmethod
    def load(*_: Any, **__: Any) -> "SentimentModule":
        """Load it, wherever the rest of the model lies."""
        return SentimentModule()


def write_sentence_transformer(directory: Path) -> None:
    """The encoder's package as a sentence-transformers model that ends in our head."""
    source = encoder_directory()
    shutil.copytree(source, directory, dirs_exist_ok=True)
    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    (directory / "config.json").write_text(json.dumps(config | {"output_hidden_states": True}))
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Sentiment", "type": f"{__name__}.SentimentModule"},
    ]
    (directory / "modules.json").write_text(json.dumps(modules))
    (directory / "1_Sentiment").mkdir(exist_ok=True)
