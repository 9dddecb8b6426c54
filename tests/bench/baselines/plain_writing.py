"""transformers' `generate` on the same prompts and samples: 32 prompts a batch as they come, padded on the left.

    python -m tests.bench.baselines.plain_writing REQUESTS_FILE

Choices: the same weights, our dtype, and one thread as ours has, so that only the way of decoding differs; sampled at
the same temperature, up to as many tokens, from the whole vocabulary: nothing is checked. Its tokens count up to the
end of a phrase, also where it came to none; such phrases do not count in ours.
"""

import sys
import time
from collections.abc import Sequence
from pathlib import Path

import orjson
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from models.devices import available_devices, choose_device, choose_dtype, has_fast_bfloat16
from models.generation.generator import DecodingOptions
from models.generation.interfaces import PhraseRequest
from models.generation.packaged import SMOLLM2_NAME, converted_directory, packaged_generator
from models.generation.prompts import chat_prompt
from streams import settings
from tests.bench.ours.bare_writing import read_requests

PROMPTS = 32


class PlainWriter:
    """A causal checkpoint as one writes with it.

    Args:
        directory: of the checkpoint.
        device: auto, cpu, cuda or mps.
        dtype: see `models.devices.choose_dtype`.
    """

    def __init__(self, directory: Path, device: str, dtype: str) -> None:
        self._device = choose_device(device, available_devices())
        chosen = choose_dtype(dtype, self._device, has_fast_bfloat16=has_fast_bfloat16(self._device))
        self._tokenizer = AutoTokenizer.from_pretrained(directory, padding_side="left", local_files_only=True)
        self._tokenizer.pad_token = self._tokenizer.pad_token or self._tokenizer.eos_token
        network = AutoModelForCausalLM.from_pretrained(directory, dtype=chosen, local_files_only=True)
        self._network = network.to(self._device)

    def write(self, requests: Sequence[PhraseRequest]) -> int:
        """The tokens of one batch, whose requests want as many samples each."""
        prompts = [chat_prompt(self._tokenizer, one) for one in requests]
        encoded = self._tokenizer(prompts, return_tensors="pt", padding=True, add_special_tokens=False)
        encoded = encoded.to(self._device)
        written = self._network.generate(
            **encoded,
            do_sample=True,
            temperature=DecodingOptions().temperature,
            num_return_sequences=requests[0].samples,
            max_new_tokens=max(one.max_tokens for one in requests),
        )[:, encoded.input_ids.shape[1] :]
        is_end = (written == self._tokenizer.eos_token_id).int()
        return int((is_end.cumsum(dim=1) - is_end == 0).sum())


def main(requests: list[PhraseRequest]) -> dict[str, float]:
    """Measure."""
    model = settings.load().model
    directory = converted_directory(packaged_generator(SMOLLM2_NAME), model.cache_directory)
    writer = PlainWriter(directory, model.device, model.dtype)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    writer.write(requests[:1])
    started = time.perf_counter()
    tokens = sum(
        writer.write(requests[first : first + PROMPTS]) for first in range(0, len(requests), PROMPTS)
    )
    return {"tokens": tokens, "seconds": time.perf_counter() - started}


if __name__ == "__main__":
    sys.stdout.buffer.write(orjson.dumps(main(read_requests(Path(sys.argv[1])))))
