"""An aiokafka consumer loop around an embedding engine that batches well, with the same head behind it.

The engine of package `infinity_emb`: it sorts by length, batches, and tokenises and computes on threads of their
own. Where that is not installed, `SentenceTransformer.encode`, which sorts too. Choices: our dtype; batches of 32,
both engines' default; the head is a module of the model, so that the engine's answer is the three probabilities.
"""

import asyncio
import os
import sys
from pathlib import Path

import numpy as np

from tests.bench.baselines import Task
from tests.bench.baselines.loops import Classify, consume
from tests.bench.reference_model import write_sentence_transformer

os.environ["DO_NOT_TRACK"] = "1"
os.environ["HF_HUB_OFFLINE"] = "1"


async def main() -> None:
    """Run until SIGTERM."""
    task = Task.of_command_line()
    model = Path(task.directory) / "model"
    write_sentence_transformer(model)
    try:
        from infinity_emb import AsyncEmbeddingEngine, EngineArgs
    except ImportError:
        print("infinity_emb is not here: sentence-transformers instead", file=sys.stderr)
        await consume(task, _sentence_transformer(model, task.variant))
        return
    engine = AsyncEmbeddingEngine.from_args(
        EngineArgs(
            model_name_or_path=str(model),
            engine="torch",
            device="cpu",
            dtype=task.variant,
            batch_size=32,
            bettertransformer=False,  # needs a package that transformers has outgrown
            model_warmup=False,
        )
    )

    async def classify(texts: list[str]) -> list[list[float]]:
        vectors, _ = await engine.embed(sentences=texts)
        # The engine scales every vector to length 1; probabilities sum to 1.
        return [(np.asarray(vector) / np.sum(vector)).tolist() for vector in vectors]

    async with engine:
        await consume(task, classify)


def _sentence_transformer(directory: Path, dtype: str) -> Classify:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(directory), device="cpu", model_kwargs={"dtype": dtype})

    async def classify(texts: list[str]) -> list[list[float]]:
        rows = await asyncio.to_thread(model.encode, texts, batch_size=32)
        return [row.tolist() for row in rows]

    return classify


if __name__ == "__main__":
    asyncio.run(main())
