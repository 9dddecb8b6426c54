"""The generator alone, at its best: all requests at once, the best of some batch sizes, nothing around it.

    python -m tests.bench.ours.bare_writing REQUESTS_FILE [ROWS]

REQUESTS_FILE holds a JSON list of `PhraseRequest`. Prints one JSON object: `tokens`, `seconds`, `cpu_s` (of the
process), `rows` (the best batch, or ROWS if that is not 0), `model`. It is loaded as the generate role loads it, and
called from a thread that gives way like the role's.
"""

import math
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from models.generation.generator import PhraseGenerator
from models.generation.interfaces import PhraseRequest
from streams import settings
from streams.lane.device_threads import give_way
from streams.roles.generate.voices import load_voices
from streams.roles.generate.worker import NICENESS
from tests.bench.ours.tokens import TokenCount

_ROWS = (64, 128, 256)
_TRIAL_REQUESTS = 64


def main(requests_file: Path, known_best: int = 0) -> dict[str, Any]:
    """Measure."""
    requests = read_requests(requests_file)
    voices, _ = load_voices(settings.load())
    generator = voices[requests[0].language].phraser
    if not isinstance(generator, PhraseGenerator):
        raise TypeError(f"bench: wanted a PhraseGenerator, got {type(generator).__name__}")

    def seconds(rows: int, asked: list[PhraseRequest]) -> float:
        generator.options = replace(generator.options, most_rows=rows)
        started = time.perf_counter()
        generator.phrase(asked, deadline_s=math.inf)
        return time.perf_counter() - started

    generator.phrase(requests[:2], deadline_s=math.inf)  # what its prompts begin with is computed
    best = known_best or min(_ROWS, key=lambda rows: seconds(rows, requests[:_TRIAL_REQUESTS]))
    count = TokenCount()
    count.start()
    cpu_began_s = time.process_time()
    took_s = seconds(best, requests)
    cpu_s = time.process_time() - cpu_began_s
    return {"tokens": count.tokens, "seconds": took_s, "cpu_s": cpu_s, "rows": best, "model": generator.name}


def read_requests(file: Path) -> list[PhraseRequest]:
    """The requests that were written to a file."""
    return [
        PhraseRequest(**one | {"evidence": tuple(one["evidence"])}) for one in orjson.loads(file.read_bytes())
    ]


if __name__ == "__main__":
    with ThreadPoolExecutor(1, initializer=partial(give_way, NICENESS)) as executor:
        told = executor.submit(main, Path(sys.argv[1]), *map(int, sys.argv[2:])).result()
    sys.stdout.buffer.write(orjson.dumps(told))
