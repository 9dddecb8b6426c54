"""The files of any encoder of transformers: its network, and what its tokenizer says of windows."""

from pathlib import Path
from typing import Final, NamedTuple

import torch
from tokenizers import Tokenizer
from transformers import AutoConfig, AutoModel, AutoTokenizer, PreTrainedModel
from transformers import logging as transformers_logging

from models.errors import ModelConfigurationError
from models.registry.checkpoints import safetensors_of
from models.registry.manifest import sha256_of

# These number their positions from the padding token's id + 1 on, so that many of them are never used.
_MODELS_WITH_OFFSET_POSITIONS = frozenset(
    {"camembert", "data2vec-text", "longformer", "mpnet", "roberta", "roberta-prelayernorm", "xlm-roberta"}
)
# Where a checkpoint names no limit at all, a window that any of them was trained for.
_DEFAULT_WINDOW_TOKENS = 512
#: Reviews that are longer are read in several windows, whatever a network has positions for: rows are padded.
_LONGEST_WINDOW: Final = 512
_LEAST_WINDOW: Final = 16
_TOKENIZER_FILES = ("tokenizer.json", "vocab.txt", "vocab.json", "merges.txt", "*.model")
_LOCAL: Final = {"local_files_only": True, "trust_remote_code": False}


class PretrainedText(NamedTuple):
    """How texts become windows.

    Attributes:
        tokenizer: without anything special around texts.
        special: the tokens that a window begins and ends with.
        window_tokens: of the longest one, these two included.
        masked_id: of the token that says nothing of the word that it hides.
        padding_id: of what stands behind a row's tokens.
    """

    tokenizer: Tokenizer
    special: tuple[str, str]
    window_tokens: int
    masked_id: int
    padding_id: int


def sha256_of_checkpoint(directory: Path, name: str) -> str:
    """Of weights, configuration and tokenizer.

    Raises:
        ModelConfigurationError: there are no weights.
    """
    weights = safetensors_of(directory, f"encoder {name}")
    others = {path for pattern in ("config.json", *_TOKENIZER_FILES) for path in directory.glob(pattern)}
    return sha256_of(*weights, *sorted(others))


def load_pretrained(directory: Path, name: str) -> tuple[PreTrainedModel, PretrainedText]:
    """The network, float32, on the CPU, and its texts: safetensors only, no remote code, no network access.

    Args:
        directory: as `save_pretrained` writes it; heads of other tasks are left out.
        name: of the encoder, for messages.

    Raises:
        ModelConfigurationError: it is no encoder, or one that cannot be used; says why, and what to do.
    """
    safetensors_of(directory, f"encoder {name}")
    transformers_logging.disable_progress_bar()
    try:
        config = AutoConfig.from_pretrained(directory, **_LOCAL)
        tokenizer = AutoTokenizer.from_pretrained(directory, **_LOCAL)
        network, loaded = AutoModel.from_pretrained(
            directory,
            config=config,
            use_safetensors=True,
            dtype=torch.float32,
            output_loading_info=True,
            **_LOCAL,
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ModelConfigurationError(
            f"encoder {name}: {directory} is not a checkpoint of transformers ({error}): "
            "name a directory that save_pretrained wrote"
        ) from error
    if config.is_encoder_decoder:
        raise ModelConfigurationError(
            f"encoder {name}: wanted an encoder or a decoder, got {config.model_type}, which is both: name another"
        )
    missing = sorted(key for key in loaded["missing_keys"] if not key.startswith("pooler."))
    if missing:
        raise ModelConfigurationError(
            f"encoder {name}: wanted all of its weights, got none of {', '.join(missing[:3])}"
            f"{' and others' if len(missing) > 3 else ''}: fetch the checkpoint again"
        )
    # What some have for whole texts: not read here, and often at random.
    if getattr(network, "pooler", None) is not None:
        network.pooler = None
    network.config.use_cache = False
    return network.eval(), _text_of(tokenizer, network, name)


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


def _text_of(tokenizer: AutoTokenizer, network: PreTrainedModel, name: str) -> PretrainedText:
    if not tokenizer.is_fast:
        raise ModelConfigurationError(
            f"encoder {name}: its tokenizer has no tokenizer.json, and only a fast one tells where tokens stand: "
            "save one with transformers' save_pretrained"
        )
    backend = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
    # It would only move the places of spaces, for nothing is put around here.
    backend.post_processor = None
    known, highest = network.get_input_embeddings().num_embeddings, max(backend.get_vocab().values())
    if highest >= known:
        raise ModelConfigurationError(
            f"encoder {name}: wanted a vector for each of the tokenizer's {highest + 1} tokens, got {known}: "
            "use the tokenizer that the checkpoint was trained with"
        )
    config = network.config
    padding_id = config.pad_token_id if config.pad_token_id is not None else 0
    window = window_tokens(
        str(config.model_type),
        getattr(config, "max_position_embeddings", None),
        int(tokenizer.model_max_length),
        padding_id,
    )
    if window < _LEAST_WINDOW:
        raise ModelConfigurationError(
            f"encoder {name}: wanted positions for at least {_LEAST_WINDOW} tokens, got {window}: name another, or "
            "mend max_position_embeddings in config.json and model_max_length in tokenizer_config.json"
        )
    masked = _first_of(tokenizer.mask_token_id, tokenizer.unk_token_id, tokenizer.eos_token_id)
    return PretrainedText(
        backend,
        _special_of(tokenizer, name),
        min(window, _LONGEST_WINDOW),
        padding_id if masked is None else masked,
        padding_id,
    )


def _special_of(tokenizer: AutoTokenizer, name: str) -> tuple[str, str]:
    """What the tokenizer puts around a text; where it puts nothing, as before a decoder's, some other special one."""
    around = tokenizer("")["input_ids"]
    ends = (tokenizer.sep_token_id, tokenizer.eos_token_id)
    inside = around[-1:] if len(around) > 1 or (around and around[0] in ends) else []
    before = around[:1] if len(around) > len(inside) else []
    first = _first_of(
        *before,
        tokenizer.cls_token_id,
        tokenizer.bos_token_id,
        tokenizer.eos_token_id,
        tokenizer.pad_token_id,
    )
    last = _first_of(*inside, *ends, first)
    if first is None:
        raise ModelConfigurationError(
            f"encoder {name}: its tokenizer has no special token to begin a window with: "
            "name an end-of-text token in tokenizer_config.json"
        )
    return tokenizer.convert_ids_to_tokens(first), tokenizer.convert_ids_to_tokens(last)


def _first_of(*ids: int | None) -> int | None:
    return next((one for one in ids if one is not None), None)
