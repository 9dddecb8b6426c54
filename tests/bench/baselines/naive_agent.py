"""A plain Faust agent, one event a forward, as Faust's and transformers' first pages show.

Choices: a typed topic (Record) and `async for`, as in Faust's quick start; the model is called in the agent,
where its examples put the work; `torch.inference_mode()` and no padding, since a careful person knows that;
torch's own number of threads. Variant: the dtype, "auto" as transformers loads it, or "bfloat16".
"""

import faust
import torch

from tests.bench.baselines import Task, result
from tests.bench.baselines.faust_app import Review, app_of
from tests.bench.reference_model import LABELS, load_reference

task = Task.of_command_line()
app = app_of(task)
reviews = app.topic(task.source, value_type=Review)
enriched = app.topic(task.output)
tokenizer, model = load_reference(task.variant)


@app.agent(reviews)
async def enrich(stream: faust.Stream[Review]) -> None:
    """One review at a time."""
    async for review in stream:
        encoded = tokenizer(review.text, truncation=True, return_tensors="pt")
        with torch.inference_mode():
            scores = torch.softmax(model(**encoded).logits[0], dim=0).tolist()
        label = LABELS[scores.index(max(scores))]
        await enriched.send(key=review.product_id, value=result(review.asdict(), label, scores))


if __name__ == "__main__":
    # `faust worker` would turn the web server on whatever the app says.
    faust.Worker(app, loglevel="warning").execute_from_commandline()
