"""Tiny random networks and made-up data sets for the tests of models."""

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

WORDS = ["good", "bad", "fine", "lamp", "kettle", "works", "broke", "the", "it", "is", "not", "very", "loud"]

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]


def tiny_tokenizer() -> Tokenizer:
    """A word-level tokenizer over WORDS, with BERT's special tokens."""
    vocabulary = {word: index for index, word in enumerate(SPECIAL + WORDS)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return tokenizer


def tiny_bert_config(**changes: object) -> BertConfig:
    """A BERT small enough to make in a millisecond."""
    settings = {
        "vocab_size": len(SPECIAL) + len(WORDS),
        "hidden_size": 32,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "intermediate_size": 64,
        "max_position_embeddings": 40,
        "initializer_range": 0.5,
    }
    return BertConfig(**(settings | changes))


def write_checkpoint(directory: Path, labels: list[str], *, seed: int = 0, **changes: object) -> Path:
    """A random sequence classifier with these labels, as transformers saves one."""
    torch.manual_seed(seed)
    names = dict(enumerate(labels))
    config = tiny_bert_config(
        num_labels=len(labels),
        id2label=names,
        label2id={label: index for index, label in names.items()},
        **changes,
    )
    BertForSequenceClassification(config).save_pretrained(directory)
    PreTrainedTokenizerFast(
        tokenizer_object=tiny_tokenizer(),
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=40,
    ).save_pretrained(directory)
    return directory


def change_json(path: Path, **changes: object) -> None:
    """Overwrite keys of a JSON object."""
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(content | changes), encoding="utf-8")


def write_training_data(directory: Path) -> Path:
    """A made-up data set in the layouts of Kotzias and OPOSUM: what is said decides the label."""
    things = ["lamp", "kettle", "rucksack", "pillow", "toaster", "notebook", "scarf", "bicycle pump"]
    praise = ["I love this {}.", "A wonderful {}, so happy with it.", "This {} is excellent."]
    blame = ["I hate this {}.", "A terrible {}, so angry about it.", "This {} is awful and broken."]
    plain = ["The {} is for my brother.", "I bought the {} in May.", "The {} came in a brown box."]
    kotzias = directory / "kotzias"
    kotzias.mkdir(parents=True)
    for name, half in (("shop", things[:4]), ("market", things[4:])):
        lines = [f"{text.format(thing)}\t1" for thing in half for text in praise]
        lines += [f"{text.format(thing)}\t0" for thing in half for text in blame]
        (kotzias / f"{name}_labelled.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    oposum = directory / "oposum" / "polarities" / "discrete"
    oposum.mkdir(parents=True)
    for category, half in (("home", things[:4]), ("travel", things[4:])):
        reviews = []
        for number, thing in enumerate(half):
            lines = [f"{number} ITEM-{number:04}"]
            for mark, texts in (("+", praise), ("0", plain), ("-", blame)):
                lines += [f"{mark}\t{text.format(thing)}" for text in texts]
            reviews.append("\n".join(lines))
        (oposum / f"{category}.lbl").write_text("\n\n".join(reviews) + "\n", encoding="utf-8")
    return directory
