"""Tiny random language models with small tokenizers of their own, for the tests of the generator."""

import json
from functools import cache
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    LlamaConfig,
    LlamaForCausalLM,
    PegasusConfig,
    PegasusForConditionalGeneration,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
)

SENTENCES = [
    "The battery lasts two full days, even with heavy use.",
    "Delivery took 3 weeks and nobody answered my e-mails!",
    "It doesn't fit my 2-in-1 laptop, which cost $1,299.50 last year.",
    "Customers say the fabric is soft; the zip gets stuck.",
    'Aspect: sound (bad)\nCustomers wrote: "a constant hiss"\nOne short sentence:',
    "You rewrite what customers wrote as one short sentence. Use their words and add nothing.",
]
#: Of every network with a causal mask.
CAUSAL_SHAPE = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}
CHAT_TEMPLATE = (
    "{% for message in messages %}<s>{{ message['role'] }}\n{{ message['content'] }}</s>\n{% endfor %}"
    "{% if add_generation_prompt %}<s>assistant\n{% endif %}"
)


@cache
def byte_tokenizer() -> Tokenizer:
    """Byte-level BPE with few merges, so that most words take several tokens."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=330,
        special_tokens=["<pad>", "<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    return tokenizer


@cache
def unigram_tokenizer() -> Tokenizer:
    """Unigram pieces with a mark for the space before a word, as T5 has."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=160,
        special_tokens=["<pad>", "</s>", "<unk>"],
        unk_token="<unk>",
        initial_alphabet=[*"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,!'-$"],
        show_progress=False,
    )
    tokenizer.train_from_iterator(SENTENCES * 4, trainer)
    tokenizer.model = models.Unigram(_settled(json.loads(tokenizer.to_str())["model"]["vocab"]), unk_id=2)
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return tokenizer


def _settled(pieces: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """Special pieces first, the others by name: training gives them in another order every time, and with other
    last digits, on which it would depend what a test draws.
    """  # noqa: D205 - the reason takes two lines
    special, others = pieces[:3], pieces[3:]
    return [*map(tuple, special), *sorted((piece, round(score, 1)) for piece, score in others)]


def scored_fields() -> dict[str, object]:
    """What a GGUF file says of a tokenizer of scored pieces: a few words, their characters, bytes."""
    merged = [
        "电池",
        "好用",
        "不好",
        "不好用",
        "，但",
        "th",
        "the",
        "▁the",
        "he",
        "▁t",
        "▁the▁",
        "ab",
        "bb",
        "abb",
    ]
    characters = sorted(
        {*"".join(merged), *"电池屏幕很好用不没有比旧款才小时的了，。！、但是如果就打开错一两点贵3.5USB"}
    )
    control, user = ["<pad>", "<eos>", "<bos>", "<unk>"], ["\n\n", "  ", "<b>"]
    octets = [f"<0x{octet:02X}>" for octet in range(256)]
    pieces = [*control, *user, *octets, *merged, *characters]
    kinds = [3] * len(control) + [4] * len(user) + [6] * len(octets)
    return {
        "tokenizer.ggml.tokens": pieces,
        "tokenizer.ggml.token_type": kinds + [1] * (len(pieces) - len(kinds)),
        "tokenizer.ggml.scores": [0.0] * len(kinds)
        + [-float(rank) for rank in range(len(pieces) - len(kinds))],
        "tokenizer.ggml.bos_token_id": 2,
        "tokenizer.ggml.eos_token_id": 1,
        "tokenizer.ggml.unknown_token_id": 3,
        "tokenizer.ggml.padding_token_id": 0,
    }


def write_llama(directory: Path, *, chat: bool = True, seed: int = 0, spread: float = 0.3) -> Path:
    """A random Llama of two layers whose heads share keys, as transformers saves one."""
    torch.manual_seed(seed)
    tokenizer = byte_tokenizer()
    config = LlamaConfig(
        vocab_size=tokenizer.get_vocab_size() + 5,
        **CAUSAL_SHAPE,
        num_hidden_layers=2,
        max_position_embeddings=2048,
        initializer_range=spread,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=0,
        tie_word_embeddings=True,
    )
    LlamaForCausalLM(config).save_pretrained(directory)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        bos_token="<s>",
        eos_token="</s>",
        chat_template=CHAT_TEMPLATE if chat else None,
    ).save_pretrained(directory)
    return directory


def write_t5(directory: Path, *, seed: int = 0) -> Path:
    """A random T5 of two layers, as transformers saves one."""
    config = T5Config(
        vocab_size=unigram_tokenizer().get_vocab_size(),
        d_model=32,
        d_kv=8,
        d_ff=48,
        num_layers=2,
        num_heads=4,
        decoder_start_token_id=0,
        pad_token_id=0,
        eos_token_id=1,
        initializer_factor=1.0,
    )
    return _save_encoder_decoder(T5ForConditionalGeneration, config, directory, seed)


def write_bart(directory: Path, *, seed: int = 0) -> Path:
    """A random BART of two layers, which has positions and a bias of its outputs."""
    config = _encoder_decoder(BartConfig, bos_token_id=0, decoder_start_token_id=1)
    return _save_encoder_decoder(BartForConditionalGeneration, config, directory, seed)


def write_pegasus(directory: Path, *, seed: int = 0) -> Path:
    """A random Pegasus of two layers, whose positions are not learnt."""
    config = _encoder_decoder(PegasusConfig, decoder_start_token_id=0)
    return _save_encoder_decoder(PegasusForConditionalGeneration, config, directory, seed)


def _encoder_decoder(kind: type[PreTrainedConfig], **tokens: int) -> PreTrainedConfig:
    return kind(
        vocab_size=unigram_tokenizer().get_vocab_size(),
        d_model=32,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=48,
        decoder_ffn_dim=48,
        max_position_embeddings=256,
        pad_token_id=0,
        eos_token_id=1,
        forced_eos_token_id=None,
        init_std=0.3,
        **tokens,
    )


def _save_encoder_decoder(
    kind: type[PreTrainedModel], config: PreTrainedConfig, directory: Path, seed: int
) -> Path:
    torch.manual_seed(seed)
    kind(config).save_pretrained(directory)
    _save_unigram(directory)
    return directory


def _save_unigram(directory: Path) -> None:
    PreTrainedTokenizerFast(
        tokenizer_object=unigram_tokenizer(), pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    ).save_pretrained(directory)
