"""The benchmark on a real broker: what it says is so."""

import asyncio
from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.errors import FatalError
from streams.kafka.connection import KafkaConnection
from tests.bench.brokers import BenchBroker, create_topics
from tests.bench.contenders import SOURCE, Contender, transport_contenders
from tests.bench.drain import drain, fill
from tests.bench.reference_model import load_reference
from tests.bench.reviews import costless_reviews, drawn_reviews
from tests.brokers import ApacheKafka, unique_name

OURS = transport_contenders()[0]
LOSSY = Contender("lossy", "tests.integration.lossy_contender", "Loses every tenth")


@pytest.fixture
def bench_broker(own_kafka: ApacheKafka) -> BenchBroker:
    servers = own_kafka.bootstrap_servers
    where = {"REVIEWSTREAM_KAFKA__BOOTSTRAP_SERVERS": servers}
    return BenchBroker("a test's", KafkaConnection(servers), where, own_kafka.pid)


def drained(contender: Contender, broker: BenchBroker, count: int, directory: Path, *arguments: str) -> Any:
    async def main() -> Any:
        return await drain(
            contender,
            broker,
            costless_reviews(count),
            source=SOURCE,
            group=unique_name("bench"),
            directory=directory,
            arguments=arguments,
        )

    return asyncio.run(main())


def prepare(broker: BenchBroker, count: int) -> None:
    async def main() -> None:
        await create_topics(broker, (LOSSY.output,))
        await fill(broker, SOURCE, costless_reviews(count))

    asyncio.run(main())


@pytest.mark.kafka
def test_a_contender_slowed_on_purpose_is_slower_by_the_right_ratio(
    bench_broker: BenchBroker, tmp_path: Path
) -> None:
    """A model that takes four times as long shows a quarter of the rate."""
    prepare(bench_broker, 3_000)
    account = str(tmp_path / "account.json")
    fast = drained(OURS, bench_broker, 3_000, tmp_path, account, "whole", "0.0005").rps
    slow = drained(OURS, bench_broker, 3_000, tmp_path, account, "whole", "0.002").rps
    assert slow == pytest.approx(500, rel=0.15)
    assert fast / slow == pytest.approx(4, rel=0.2)


@pytest.mark.kafka
def test_a_contender_that_loses_reviews_is_not_measured(bench_broker: BenchBroker, tmp_path: Path) -> None:
    """It has committed everything and was fast; the run fails, and says how many are lost."""
    prepare(bench_broker, 1_000)
    with pytest.raises(FatalError, match="lossy lost 100 of 1000"):
        drained(LOSSY, bench_broker, 1_000, tmp_path)


@pytest.mark.kafka
def test_the_stages_add_up(bench_broker: BenchBroker, tmp_path: Path) -> None:
    """The sum of the stages is within a tenth of the CPU time of the process, and each is there."""
    prepare(bench_broker, 60_000)
    account = tmp_path / "account.json"
    drained(OURS, bench_broker, 60_000, tmp_path, str(account), "stages")
    told = orjson.loads(account.read_bytes())
    assert told["events"] > 20_000
    assert sum(told["stages_us"].values()) == pytest.approx(told["whole_us"], rel=0.1)
    for stage in ("fetch", "faust", "decode", "lane", "encode", "send", "acknowledge", "commit"):
        assert told["stages_us"][stage] > 0, stage


@pytest.mark.model
def test_the_baselines_model_says_what_ours_says() -> None:
    """The plain transformers checkpoint gives our labels, up to rounding, for reviews that fit one window."""
    import torch  # noqa: PLC0415 - seconds, and only here

    from models.readers.loading import LoadOptions, load_reader  # noqa: PLC0415

    texts = [r.text for r in drawn_reviews(250) if len(r.text.split()) < 150][:120]
    ours = load_reader("builtin:reviews-en", LoadOptions(device="cpu", dtype="float32"))
    tokenizer, model = load_reference()
    equal = 0
    for text, reading in zip(texts, ours.forward(ours.tokenise(texts)), strict=True):
        with torch.inference_mode():
            scores = torch.softmax(model(**tokenizer(text, return_tensors="pt")).logits[0], dim=0).tolist()
        sentiment = reading.sentiment
        expected = [sentiment.negative, sentiment.neutral, sentiment.positive]
        assert scores == pytest.approx(expected, abs=1e-3)
        equal += 1
    assert equal == len(texts)
