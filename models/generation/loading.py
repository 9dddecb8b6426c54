"""Load generators of phrases by their references."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    PreTrainedModel,
)
from transformers import logging as transformers_logging

from models.devices import (
    available_devices,
    choose_device,
    choose_dtype,
    has_fast_bfloat16,
)
from models.errors import ModelConfigurationError
from models.generation.adapters import CONFIG_NAME, WEIGHTS_NAME, merge_adapter_directory
from models.generation.attention import ATTENTION_NAME, register_attention
from models.generation.causal import CausalNetwork
from models.generation.generator import DecodingOptions, PhraseGenerator
from models.generation.packaged import converted_directory, packaged_generator
from models.generation.prompts import PROMPT_FORMS
from models.generation.seq2seq import Seq2SeqNetwork
from models.memory import keep_freed_memory
from models.registry.checkpoints import checkpoint_directory, safetensors_of
from models.registry.manifest import sha256_of
from models.registry.references import ModelReference, parse_reference

_VERSION_DIGITS = 12

_SHIPPED = Path(__file__).parent.parent / "builtin"


@dataclass(frozen=True, slots=True)
class GeneratorOptions:
    """What a generator is computed on, and with.

    Attributes:
        device: auto, cpu, cuda or mps.
        dtype: auto, float32, bfloat16 or float16.
        adapter: a directory of `models.generation.adapters`, merged into the weights; "shipped": the one that is
            shipped for a built-in model, if there is one; None: none, to compare.
        languages: ISO 639-1 codes that a path: or hf: model writes; None: any that it is asked for.
        cache: where a built-in model is kept once it is converted; whoever knows the environment names the
            user's cache directory (XDG_CACHE_HOME), this is what it is where nothing is set.
        shares_prefix: whether what all prompts begin with is computed once.
        decoding: how phrases are chosen.
    """

    device: str = "auto"
    dtype: str = "auto"
    adapter: Path | Literal["shipped"] | None = "shipped"
    languages: frozenset[str] | None = None
    cache: Path = field(default_factory=lambda: Path("~/.cache/reviewstream/models").expanduser())
    shares_prefix: bool = True
    decoding: DecodingOptions = field(default_factory=DecodingOptions)


class Checkpoint(NamedTuple):
    """What a reference stands for, on the CPU.

    Attributes:
        name: for people.
        weights: its files.
        tokenizer: of transformers, a fast one.
        network: a causal or sequence-to-sequence one.
    """

    name: str
    weights: list[Path]
    tokenizer: AutoTokenizer
    network: PreTrainedModel


def load_generator(reference: str, options: GeneratorOptions | None = None) -> PhraseGenerator:
    """Load a generator. Sets torch to one thread an operation in this whole process.

    Args:
        reference: `builtin:smollm2-135m-instruct`, `builtin:gemma-3-270m`, `path:/directory` or
            `hf:organisation/name@revision` of a causal or sequence-to-sequence checkpoint in safetensors; only the
            last one reaches the network.
        options: defaults where None.

    Raises:
        ModelConfigurationError: there is no such model, device or dtype, or something is not installed; says
            what to install.
        DamagedModelError: the files are not those that were shipped or written.
    """
    options = options or GeneratorOptions()
    parsed = parse_reference(reference)
    device = choose_device(options.device, available_devices())
    dtype = choose_dtype(options.dtype, device, has_fast_bfloat16=has_fast_bfloat16(device))
    torch.set_num_threads(1)
    keep_freed_memory()
    name, weights, tokenizer, network = read_checkpoint(parsed, options.cache, dtype)
    adapter, prompt = _adapter_of(parsed, options), PROMPT_FORMS[0]
    if adapter is not None:
        prompt = merge_adapter_directory(network, adapter)
        weights.append(adapter / WEIGHTS_NAME)
    network = network.to(device).eval()
    return PhraseGenerator(
        name=name,
        version=sha256_of(*weights)[:_VERSION_DIGITS],
        languages=packaged_generator(parsed.name).languages
        if parsed.kind == "builtin"
        else options.languages,
        tokenizer=tokenizer,
        network=Seq2SeqNetwork(network, device)
        if network.config.is_encoder_decoder
        else CausalNetwork(network, device, shares_prefix=options.shares_prefix),
        options=options.decoding,
        prompt=prompt,
    )


def read_checkpoint(reference: ModelReference, cache: Path, dtype: torch.dtype) -> Checkpoint:
    """A base model without any adapter; see `load_generator`."""
    directory = _directory_of(reference, cache)
    weights = safetensors_of(directory, f"generator {reference}")
    name = directory.name if reference.kind == "path" else reference.name
    return Checkpoint(name, weights, *_read(directory, reference, dtype))


def _adapter_of(reference: ModelReference, options: GeneratorOptions) -> Path | None:
    if options.adapter != "shipped":
        return options.adapter
    if reference.kind != "builtin":
        return None
    directory = _SHIPPED / packaged_generator(reference.name).adapter
    return directory if (directory / CONFIG_NAME).is_file() else None


def _directory_of(reference: ModelReference, cache: Path) -> Path:
    if reference.kind == "builtin":
        return converted_directory(packaged_generator(reference.name), cache)
    return checkpoint_directory(reference, "generator")


def _read(
    directory: Path, reference: ModelReference, dtype: torch.dtype
) -> tuple[AutoTokenizer, PreTrainedModel]:
    """A fast tokenizer and the network, on the CPU: safetensors only, no remote code, no network."""
    local = {"local_files_only": True, "trust_remote_code": False}
    transformers_logging.disable_progress_bar()
    try:
        tokenizer = AutoTokenizer.from_pretrained(directory, **local)
        config = AutoConfig.from_pretrained(directory, **local)
        kind = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
        network = kind.from_pretrained(directory, config=config, use_safetensors=True, dtype=dtype, **local)
    except (OSError, ValueError, KeyError) as error:
        raise ModelConfigurationError(
            f"generator {reference}: {directory} is no causal or sequence-to-sequence checkpoint ({error})"
        ) from error
    if not tokenizer.is_fast:
        raise ModelConfigurationError(
            f"generator {reference}: its tokenizer has no tokenizer.json; save a fast one"
        )
    if not config.is_encoder_decoder and network.config._attn_implementation == "sdpa":  # noqa: SLF001 - no other way
        register_attention()
        network.set_attn_implementation(ATTENTION_NAME)
    return tokenizer, network
