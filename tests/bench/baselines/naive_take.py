"""A plain Faust agent with `take(32, within=...)`: one padded batch a forward.

Choices: 32 and a short `within`, the usual numbers; `padding=True` over the batch as it comes, which is what
the tokenizer's documentation shows. Variants: "loop", the forward where the documentation's examples have it,
in the agent, on the event loop; "thread", in `run_in_executor`, so that heartbeats and commits go on meanwhile.
fp32, as transformers loads it.
"""

import asyncio

import faust
import torch

from tests.bench.baselines import Task, result
from tests.bench.baselines.faust_app import Review, app_of
from tests.bench.reference_model import LABELS, load_reference

task = Task.of_command_line()
app = app_of(task)
reviews = app.topic(task.source, value_type=Review)
enriched = app.topic(task.output)
tokenizer, model = load_reference()


def classify(texts: list[str]) -> list[list[float]]:
    """Probabilities of each text: one padded forward."""
    encoded = tokenizer(texts, truncation=True, padding=True, return_tensors="pt")
    with torch.inference_mode():
        return torch.softmax(model(**encoded).logits, dim=1).tolist()


@app.agent(reviews)
async def enrich(stream: faust.Stream[Review]) -> None:
    """Up to 32 reviews at a time."""
    async for batch in stream.take(32, within=0.2):
        texts = [review.text for review in batch]
        if task.variant == "thread":
            rows = await asyncio.get_running_loop().run_in_executor(None, classify, texts)
        else:
            rows = classify(texts)
        for review, scores in zip(batch, rows, strict=True):
            label = LABELS[scores.index(max(scores))]
            await enriched.send(key=review.product_id, value=result(review.asdict(), label, scores))


if __name__ == "__main__":
    faust.Worker(app, loglevel="warning").execute_from_commandline()
