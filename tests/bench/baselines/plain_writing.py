"""transformers' `generate` on the same prompts and samples: 32 prompts a batch as they come, padded on the left.

    python -m tests.bench.baselines.plain_writing REQUESTS_FILE

Choices: the same weights, our dtype, and one thread as ours has, so that only the way of decoding differs; sampled at
the same temperature, up to as many tokens, from the whole vocabulary: nothing is checked. Its tokens count up to the
end of a phrase, also where it came to none; such phrases do not count in ours.
"""

import sys
import time
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

_PROMPTS = 32


def main(requests: list[PhraseRequest]) -> dict[str, float]:
    """Measure."""
    model = settings.load().model
    directory = converted_directory(packaged_generator(SMOLLM2_NAME), model.cache_directory)
    device = choose_device(model.device, available_devices())
    dtype = choose_dtype(model.dtype, device, has_fast_bfloat16=has_fast_bfloat16(device))
    tokenizer = AutoTokenizer.from_pretrained(directory, padding_side="left", local_files_only=True)
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    network = AutoModelForCausalLM.from_pretrained(directory, dtype=dtype, local_files_only=True).to(device)
    prompts = [chat_prompt(tokenizer, one) for one in requests]
    most_tokens = max(one.max_tokens for one in requests)

    def write(batch: list[str]) -> int:
        encoded = tokenizer(batch, return_tensors="pt", padding=True, add_special_tokens=False).to(device)
        written = network.generate(
            **encoded,
            do_sample=True,
            temperature=DecodingOptions().temperature,
            num_return_sequences=requests[0].samples,
            max_new_tokens=most_tokens,
        )[:, encoded.input_ids.shape[1] :]
        ended = (written == tokenizer.eos_token_id).int().cumsum(dim=1)
        return int((ended - (written == tokenizer.eos_token_id).int() == 0).sum())

    torch.set_num_threads(1)
    torch.manual_seed(0)
    write(prompts[:1])
    started = time.perf_counter()
    tokens = sum(write(prompts[first : first + _PROMPTS]) for first in range(0, len(prompts), _PROMPTS))
    return {"tokens": tokens, "seconds": time.perf_counter() - started}


if __name__ == "__main__":
    sys.stdout.buffer.write(orjson.dumps(main(read_requests(Path(sys.argv[1])))))
