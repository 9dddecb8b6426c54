"""An aiokafka consumer loop around `transformers.pipeline("text-classification", batch_size=32)`.

Choices: our dtype, so that only the batching differs; `top_k=None` for all three probabilities; the call is on a
thread, or the consumer's heartbeats would stop. The pipeline pads each run of 32 texts as they come.
"""

import asyncio

from transformers import pipeline

from tests.bench.baselines import Task
from tests.bench.baselines.loops import LABELS, consume
from tests.bench.reference_model import MAX_TOKENS, load_reference


def main() -> None:
    """Run until SIGTERM."""
    task = Task.of_command_line()
    tokenizer, model = load_reference(task.variant)
    classifier = pipeline("text-classification", model=model, tokenizer=tokenizer, batch_size=32)

    def classify_all(texts: list[str]) -> list[list[float]]:
        answers = classifier(texts, top_k=None, truncation=True, max_length=MAX_TOKENS)
        by_label = [{row["label"]: row["score"] for row in answer} for answer in answers]
        return [[scores[label] for label in LABELS] for scores in by_label]

    async def classify(texts: list[str]) -> list[list[float]]:
        return await asyncio.to_thread(classify_all, texts)

    asyncio.run(consume(task, classify))


if __name__ == "__main__":
    main()
