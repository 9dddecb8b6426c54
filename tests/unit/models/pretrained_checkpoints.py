"""Tiny random encoders of the kinds that people name, with tokenizers of their own, as transformers saves them."""

from collections.abc import Callable
from pathlib import Path
from string import ascii_lowercase

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    AutoModel,
    BertConfig,
    DebertaV2Config,
    ModernBertConfig,
    PreTrainedConfig,
    PreTrainedTokenizerFast,
    Qwen2Config,
    RobertaConfig,
    XLMRobertaConfig,
)

#: What the tokenizers know the words and characters of.
SENTENCES = [
    "The handle broke after a week and nobody answered.",
    "Great colour, lovely lamp! It works, and it's quiet.",
    "terrible zipper but the soft blanket is warm",
    "物流很快，但是客服态度差！",
    "杯子很好用，颜色也漂亮。质量太差了，用了三天就坏了",
]
SHAPE = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 66,
    "initializer_range": 0.2,
}
BERT_MARKS = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
ROBERTA_MARKS = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}


def write_encoder(directory: Path, kind: str, **changes: object) -> Path:
    """An encoder of a kind of KINDS; `changes` are of its configuration."""
    tokenizer, config, shape = KINDS[kind]
    made = tokenizer()
    torch.manual_seed(0)
    settings = SHAPE | {"vocab_size": len(made)} | shape | changes
    AutoModel.from_config(config(**settings)).save_pretrained(directory)
    made.save_pretrained(directory)
    return directory


def _wordpiece() -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = [*BERT_MARKS.values(), "[MASK]"]
    trainer = trainers.WordPieceTrainer(vocab_size=140, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(SENTENCES, trainer)
    tokenizer.post_processor = _around("[CLS] $A [SEP]", tokenizer)
    return _saved(tokenizer, mask_token="[MASK]", **BERT_MARKS)


def _pieces(around: str, marks: dict[str, str], mask: str) -> PreTrainedTokenizerFast:
    """Words with a mark for the space before them, Chinese words, and single characters."""
    words = sorted({word.strip(".,!") for one in SENTENCES if one.isascii() for word in one.split()})
    characters = sorted({*"".join(SENTENCES), *ascii_lowercase} - {" "})
    pieces = [
        *marks.values(),
        mask,
        "▁",
        "物流",
        "客服",
        "颜色",
        "漂亮",
        "ing",
        *("▁" + word for word in words),
        *characters,
    ]
    scored = [(piece, -1.0 if len(piece) > 1 else -5.0) for piece in dict.fromkeys(pieces)]
    unknown = pieces.index(marks["unk_token"])
    tokenizer = Tokenizer(models.Unigram(scored, unk_id=unknown))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = _around(around, tokenizer)
    return _saved(tokenizer, mask_token=mask, **marks)


def _byte_level(special: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=360,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    return tokenizer


def _roberta() -> PreTrainedTokenizerFast:
    tokenizer = _byte_level([*ROBERTA_MARKS.values(), "<mask>"])
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return _saved(tokenizer, mask_token="<mask>", **ROBERTA_MARKS)


def _modern_bert() -> PreTrainedTokenizerFast:
    tokenizer = _byte_level([*BERT_MARKS.values(), "[MASK]"])
    tokenizer.post_processor = _around("[CLS] $A [SEP]", tokenizer)
    return _saved(tokenizer, mask_token="[MASK]", **BERT_MARKS)


def _qwen() -> PreTrainedTokenizerFast:
    """As of Qwen2: nothing is put around a text, and there is no mask."""
    end = "<|endoftext|>"
    return _saved(_byte_level([end]), eos_token=end, pad_token=end)


def _around(template: str, tokenizer: Tokenizer) -> processors.TemplateProcessing:
    first, _, last = template.split()
    marks = [(mark, tokenizer.token_to_id(mark)) for mark in (first, last)]
    return processors.TemplateProcessing(single=template, special_tokens=marks)


def _saved(tokenizer: Tokenizer, **marks: str) -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **marks)


_BERT_IDS = {"pad_token_id": 0, "cls_token_id": 2, "sep_token_id": 3, "bos_token_id": 2, "eos_token_id": 3}
#: The tokenizer, the configuration's class, and what is its own.
KINDS: dict[str, tuple[Callable[[], PreTrainedTokenizerFast], type[PreTrainedConfig], dict[str, object]]] = {
    "bert": (_wordpiece, BertConfig, {}),
    "roberta": (_roberta, RobertaConfig, {"pad_token_id": 1}),
    "xlm-roberta": (
        lambda: _pieces("<s> $A </s>", ROBERTA_MARKS, "<mask>"),
        XLMRobertaConfig,
        {"pad_token_id": 1},
    ),
    "deberta-v2": (
        lambda: _pieces("[CLS] $A [SEP]", BERT_MARKS, "[MASK]"),
        DebertaV2Config,
        {"relative_attention": True, "pos_att_type": ["p2c", "c2p"], "position_biased_input": False},
    ),
    "modernbert": (_modern_bert, ModernBertConfig, _BERT_IDS),
    "qwen2": (
        _qwen,
        Qwen2Config,
        {"num_key_value_heads": 2, "pad_token_id": None, "bos_token_id": None, "eos_token_id": 0},
    ),
}
