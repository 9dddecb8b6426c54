import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.readers.interfaces import ReviewReading, TokenisedReview
from schemas.dead_letters import DeadLetterReason
from streams.errors import FatalError
from streams.lane.calls import CANARY_TEXT
from streams.lane.device_threads import _MAX_ABANDONED
from streams.lane.lane import Lane
from streams.lane.values import Answer, BatchReport, Failure, LaneLimits
from tests.fakes import FakeReader

PATIENCE_S = 5.0
#: One further try of a text that alone finds no memory, at once.
AGAIN = (0.0,)
Answers = Sequence[Answer[ReviewReading]]


@dataclass
class SmallDevice(FakeReader):
    """Runs out of memory above so many tokens a batch."""

    memory_tokens: int = 10**9

    def forward(self, batch: Sequence[TokenisedReview]) -> list[ReviewReading]:
        if sum(map(len, batch)) > self.memory_tokens:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return super().forward(batch)


@dataclass
class GatedReader(FakeReader):
    """Holds every batch that is not the canary until the gate opens; counts what was tokenised."""

    gate: threading.Event = field(default_factory=threading.Event)
    is_busy: threading.Event = field(default_factory=threading.Event)
    tokenised: list[str] = field(default_factory=list)

    def tokenise(self, texts: Sequence[str]) -> list[TokenisedReview]:
        self.tokenised += texts
        return super().tokenise(texts)

    def forward(self, batch: Sequence[TokenisedReview]) -> list[ReviewReading]:
        readings = super().forward(batch)
        if self.batches[-1] != [CANARY_TEXT]:
            self.is_busy.set()
            self.gate.wait(PATIENCE_S)
        return readings


@dataclass
class PickyTokeniser(FakeReader):
    """Cannot tokenise texts that contain `unreadable`."""

    def tokenise(self, texts: Sequence[str]) -> list[TokenisedReview]:
        if any("unreadable" in text for text in texts):
            raise ValueError("unreadable")
        return super().tokenise(texts)


def outcome(answer: Answer[ReviewReading]) -> str:
    """The label, or the reason of the failure."""
    return (
        str(answer.outcome.reason) if isinstance(answer.outcome, Failure) else answer.outcome.sentiment.label
    )


def batches_of(model: FakeReader) -> list[list[str]]:
    return [batch for batch in model.batches if batch != [CANARY_TEXT]]


async def settle() -> None:
    """Let the tokeniser's thread and the tasks behind it go as far as they can."""
    for _ in range(20):
        await asyncio.sleep(0.001)


EXPECTED = {
    "fine": "positive",
    "bad": "negative",
    "fine but rather longer than the other texts are": "positive",
    "bad and so long that it is larger than any budget of these tests " * 3: "negative",
    "boom": "model_error",
    "huge": "positive",
    "enormous": "out_of_memory",
}


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.lists(st.sampled_from(sorted(EXPECTED)), max_size=12), min_size=1, max_size=3),
    st.booleans(),
    st.integers(1, 24),
    st.integers(1, 5),
)
def test_every_text_gets_its_own_answer_in_order(
    calls: list[list[str]], packs: bool, max_batch_tokens: int, max_batch_reviews: int
) -> None:
    """Whatever texts misbehave, and however calls are cut and mixed, only the guilty ones fail."""
    model = FakeReader(packs=packs)
    limits = LaneLimits(
        max_batch_tokens=max_batch_tokens, max_batch_reviews=max_batch_reviews, memory_pauses_s=AGAIN
    )

    async def main() -> list[Answers]:
        async with Lane(model, limits) as lane:
            return list(await asyncio.gather(*map(lane.run, calls)))

    answers = asyncio.run(main())
    assert [[outcome(answer) for answer in of_call] for of_call in answers] == [
        [EXPECTED[text] for text in texts] for texts in calls
    ]


async def test_no_texts_are_no_answers() -> None:
    """An empty call costs nothing."""
    model = FakeReader()
    async with Lane(model, LaneLimits()) as lane:
        assert await lane.run([]) == []
    assert batches_of(model) == []


async def test_a_failure_says_what_the_model_said() -> None:
    """The error of the guilty text names the exception, for the dead letter."""
    async with Lane(FakeReader(), LaneLimits()) as lane:
        _, answer = await lane.run(["fine", "boom"])
    assert answer.outcome == Failure(DeadLetterReason.MODEL_ERROR, "RuntimeError: boom")


async def test_calls_at_the_same_time_share_batches() -> None:
    """What several chunks bring while the device is busy goes through it together."""
    model = GatedReader()
    async with Lane(model, LaneLimits()) as lane:
        first = [asyncio.create_task(lane.run([f"first {number}"])) for number in range(4)]
        await asyncio.to_thread(model.is_busy.wait, PATIENCE_S)
        await settle()
        later = [asyncio.create_task(lane.run([f"later {number}"])) for number in range(4)]
        await settle()
        model.gate.set()
        await asyncio.gather(*first, *later)
    assert len(batches_of(model)) < 8
    assert any(len({text for text in batch if text.startswith("later")}) > 1 for batch in batches_of(model))


@pytest.mark.parametrize("packs", [True, False])
async def test_batches_keep_their_budgets(packs: bool) -> None:
    """No forward pass is larger than asked for, in tokens (padded ones, where the model pads) and in rows."""
    model = FakeReader(packs=packs)
    async with Lane(model, LaneLimits(max_batch_tokens=12, max_batch_reviews=4)) as lane:
        await lane.run([" ".join(["word"] * (1 + number % 7)) for number in range(40)])
    for batch in batches_of(model):
        lengths = [len(text.split()) for text in batch]
        assert (sum(lengths) if packs else max(lengths) * len(lengths)) <= 12
        assert len(batch) <= 4


async def test_every_forward_pass_is_reported() -> None:
    """Metrics see each review once, its tokens, and a fill between 0 and 1."""
    reports: list[BatchReport] = []
    async with Lane(FakeReader(), LaneLimits(max_batch_tokens=10), observe=reports.append) as lane:
        await lane.run(["two words"] * 12 + ["boom"])
    assert sum(report.reviews for report in reports) == 12
    assert sum(report.tokens for report in reports) == 24
    assert all(0 < report.fill <= 1 and report.forward_s >= 0 for report in reports)


async def test_durations_are_of_their_step() -> None:
    """Waiting is not counted as tokenising or forwarding; a text behind a long batch waited that long."""
    model = FakeReader(seconds_a_token=0.01)
    async with Lane(model, LaneLimits(max_batch_tokens=4)) as lane:
        answers = await lane.run(["one", "two", "three", "four", "five"])
    for answer in answers:
        assert min(answer.queue_ms, answer.tokenise_ms, answer.forward_ms) >= 0
    assert answers[0].forward_ms >= 40
    assert answers[0].forward_ms == answers[3].forward_ms
    assert answers[4].forward_ms >= 10
    assert answers[4].queue_ms >= 40
    assert len({answer.tokenise_ms for answer in answers}) == 1


class TestTokenising:
    async def test_a_text_that_cannot_be_tokenised_fails_alone(self) -> None:
        """A text the tokeniser refuses is set aside like one the model refuses; it does not end the worker."""
        async with Lane(PickyTokeniser(), LaneLimits()) as lane:
            answers = await lane.run(["fine", "unreadable", "bad"])
            assert [outcome(answer) for answer in answers] == ["positive", "model_error", "negative"]
            assert [outcome(answer) for answer in await lane.run(["fine"])] == ["positive"]


class PanicError(BaseException):
    """What a Rust library, such as the tokeniser, raises when it panics: it is no `Exception`."""


@dataclass
class PanickingReader(FakeReader):
    """Panics, as native code does, over texts that name the step."""

    def tokenise(self, texts: Sequence[str]) -> list[TokenisedReview]:
        if any("tokenise" in text for text in texts):
            raise PanicError("byte index 3 is not a char boundary")
        return super().tokenise(texts)

    def forward(self, batch: Sequence[TokenisedReview]) -> list[ReviewReading]:
        readings = super().forward(batch)
        if any("forward" in text for text in self.batches[-1]):
            raise PanicError("index out of bounds")
        return readings


class TestPanics:
    @pytest.mark.parametrize("step", ["tokenise", "forward"])
    async def test_a_text_over_which_native_code_panics_fails_alone(self, step: str) -> None:
        """A panic is a failure like any other: its text is set aside, the others are answered, nobody hangs."""
        async with Lane(PanickingReader(), LaneLimits()) as lane, asyncio.timeout(20):
            answers = await lane.run(["fine", step, "bad"])
            assert [outcome(answer) for answer in answers] == ["positive", "model_error", "negative"]


class TestHangs:
    async def test_a_hanging_text_fails_alone(self) -> None:
        """A text on which the model hangs times out; its neighbours and whoever comes later are answered."""
        limits = LaneLimits(forward_timeout_s=0.2)
        async with Lane(FakeReader(), limits) as lane:
            answers = await lane.run(["fine", "hang", "bad"])
            assert [outcome(answer) for answer in answers] == ["positive", "model_timeout", "negative"]
            assert [outcome(answer) for answer in await lane.run(["bad"])] == ["negative"]

    async def test_a_hang_is_paid_for_twice_at_most(self) -> None:
        """However large its batch, a hanging text costs two timeouts and two threads: together and alone."""
        model = FakeReader()
        async with Lane(model, LaneLimits(forward_timeout_s=0.2)) as lane:
            answers = await lane.run(["fine"] * 20 + ["hang"])
        assert [outcome(answer) for answer in answers] == ["positive"] * 20 + ["model_timeout"]
        assert len([batch for batch in model.batches if "hang" in batch]) == 2

    async def test_a_call_beside_a_hanging_one_is_answered(self) -> None:
        """A batch that waits behind a hanging one is not blamed for it."""
        limits = LaneLimits(forward_timeout_s=0.2, max_batch_reviews=1)
        async with Lane(FakeReader(), limits) as lane:
            hung, fine = await asyncio.gather(lane.run(["hang"]), lane.run(["fine", "bad"]))
        assert [outcome(answer) for answer in (*hung, *fine)] == ["model_timeout", "positive", "negative"]

    async def test_more_hangs_than_can_be_borne_end_the_worker(self) -> None:
        """When too many threads hang the lane says so instead of waiting for a device that nobody serves."""
        limits = LaneLimits(forward_timeout_s=0.02, max_batch_reviews=1)
        async with Lane(FakeReader(), limits) as lane:
            with pytest.raises(FatalError):
                async with asyncio.timeout(20):  # a TimeoutError here: the lane waits for ever
                    await lane.run(["hang"] * (_MAX_ABANDONED + 2))


class TestOutOfMemory:
    async def test_the_budget_is_halved_and_every_text_is_answered(self) -> None:
        """A batch the device has no memory for is cut, and later ones are planned smaller."""
        model = SmallDevice(memory_tokens=40)
        async with Lane(model, LaneLimits(max_batch_tokens=64)) as lane:
            answers = await lane.run(["fine"] * 64)
            assert lane.max_batch_tokens == 32
        assert {outcome(answer) for answer in answers} == {"positive"}

    async def test_batches_planned_before_the_budget_fell_do_not_lower_it_further(self) -> None:
        """Six batches of 64 that were planned together and fail show that 64 is too much, not that 32 is."""
        model = SmallDevice(memory_tokens=40)
        async with Lane(model, LaneLimits(max_batch_tokens=64)) as lane:
            answers = await lane.run(["fine"] * (6 * 64))
            assert lane.max_batch_tokens == 32
        assert {outcome(answer) for answer in answers} == {"positive"}

    async def test_only_a_text_that_is_too_large_alone_fails(self) -> None:
        """The others of its batch are answered."""
        model = SmallDevice(memory_tokens=10)
        async with Lane(model, LaneLimits(max_batch_tokens=64, memory_pauses_s=AGAIN)) as lane:
            answers = await lane.run(["fine", "word " * 11, "bad", "word " * 10])
        assert [outcome(answer) for answer in answers] == [
            "positive",
            "out_of_memory",
            "negative",
            "positive",
        ]

    async def test_the_budget_recovers_up_to_what_was_configured(self) -> None:
        """After enough batches that went well it doubles, again and again, and never beyond the setting."""
        model = SmallDevice(memory_tokens=20)
        budgets = []
        async with Lane(model, LaneLimits(max_batch_tokens=64)) as lane:
            await lane.run(["fine"] * 30)
            assert lane.max_batch_tokens == 15
            model.memory_tokens = 1_000
            for _ in range(170):
                await lane.run(["fine"])
                budgets.append(lane.max_batch_tokens)
        assert sorted(set(budgets)) == [15, 30, 60, 64]
        assert budgets == sorted(budgets)
        assert budgets.count(15) > 40

    async def test_what_is_no_lack_of_memory_is_not_tried_again(self) -> None:
        """A text that breaks the model alone breaks it once, and nobody waits for memory."""
        model = FakeReader()
        async with Lane(model, LaneLimits()) as lane:
            await lane.run(["boom"])
        assert model.batches.count(["boom"]) == 1

    async def test_memory_errors_are_known_by_their_text(self) -> None:
        """Python's own MemoryError, and torch's bare RuntimeError on a CPU, count as out of memory too."""

        class CpuModel(FakeReader):
            def forward(self, batch: Sequence[TokenisedReview]) -> list[ReviewReading]:
                answers = super().forward(batch)
                texts = " ".join(self.batches[-1])
                if "python" in texts:
                    raise MemoryError
                if "torch" in texts:
                    raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried")
                return answers

        async with Lane(CpuModel(), LaneLimits(memory_pauses_s=AGAIN)) as lane:
            answers = await lane.run(["python", "torch", "fine"])
        assert [outcome(answer) for answer in answers] == ["out_of_memory", "out_of_memory", "positive"]

    @pytest.mark.parametrize("others", [0, 3])
    async def test_a_text_that_fits_alone_is_never_set_aside(self, others: int) -> None:
        """Memory that is short for a while, whoever holds it, costs a text time and not its answer."""

        @dataclass
        class BusyDevice(FakeReader):
            """Is out of memory for the first passes over what is not the canary."""

            failures: int = 0

            def forward(self, batch: Sequence[TokenisedReview]) -> list[ReviewReading]:
                answers = super().forward(batch)
                if self.batches[-1] != [CANARY_TEXT] and self.failures < 3:
                    self.failures += 1
                    raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
                return answers

        model = BusyDevice()
        async with Lane(model, LaneLimits(memory_pauses_s=(0.0, 0.0, 0.0))) as lane:
            answers = await lane.run(["bad"] + ["fine"] * others)
        assert [outcome(answer) for answer in answers] == ["negative"] + ["positive"] * others
        assert model.failures == 3


class TestBrokenModel:
    async def test_a_tokeniser_that_breaks_sets_nothing_aside(self) -> None:
        """If the harmless text cannot be tokenised either, the tokeniser is broken, and the worker says so."""

        @dataclass
        class BreakingTokeniser(FakeReader):
            is_torn: bool = False

            def tokenise(self, texts: Sequence[str]) -> list[TokenisedReview]:
                if self.is_torn:
                    raise ValueError("no vocabulary")
                return super().tokenise(texts)

        model = BreakingTokeniser()
        async with Lane(model, LaneLimits()) as lane:
            model.is_torn = True
            with pytest.raises(FatalError, match=r"cannot tokenise .*no vocabulary.*nothing was set aside"):
                await lane.run(["fine", "bad"])

    async def test_a_model_that_never_answered_is_not_started(self) -> None:
        """A worker does not report ready with a model that cannot answer the simplest text."""
        with pytest.raises(FatalError, match="reviewstream doctor"):
            await Lane(FakeReader(is_broken=True), LaneLimits()).__aenter__()

    async def test_a_model_that_breaks_sets_nothing_aside(self) -> None:
        """If the harmless text fails as well, no call gets a failure as its answer: all raise, now and later."""
        model = FakeReader()
        async with Lane(model, LaneLimits(max_batch_reviews=2)) as lane:
            assert [outcome(answer) for answer in await lane.run(["fine"])] == ["positive"]
            model.is_broken = True
            calls = [lane.run([f"fine {number}"] * 3) for number in range(5)]
            async with asyncio.timeout(PATIENCE_S):
                results = await asyncio.gather(*calls, return_exceptions=True)
            assert all(isinstance(result, FatalError) for result in results)
            model.is_broken = False
            with pytest.raises(FatalError):
                await lane.run(["fine"])

    async def test_calls_that_share_a_batch_with_a_break_all_learn_of_it(self) -> None:
        """When a model breaks under several chunks at once, none of them waits for an answer for ever."""
        model = GatedReader()
        async with Lane(model, LaneLimits()) as lane:
            calls = [asyncio.create_task(lane.run(["fine"]))]
            await asyncio.to_thread(model.is_busy.wait, PATIENCE_S)
            for number in range(5):
                calls.append(asyncio.create_task(lane.run([f"fine {number}"])))
                await settle()
            model.is_broken = True
            model.gate.set()
            async with asyncio.timeout(PATIENCE_S):
                first, *others = await asyncio.gather(*calls, return_exceptions=True)
        assert not isinstance(first, BaseException)
        assert all(isinstance(other, FatalError) for other in others)

    async def test_a_model_that_forgets_readings_is_found_out(self) -> None:
        """Too few readings are never taken for those of the wrong texts."""

        class Forgetful(FakeReader):
            def forward(self, batch: Sequence[TokenisedReview]) -> list[ReviewReading]:
                answers = super().forward(batch)
                return answers[:-1] if "forget" in " ".join(self.batches[-1]) else answers

        async with Lane(Forgetful(), LaneLimits()) as lane:
            answers = await lane.run(["bad", "forget", "fine"])
        assert [outcome(answer) for answer in answers] == ["negative", "model_error", "positive"]


class TestBounds:
    async def test_a_call_waits_while_enough_waits_already(self) -> None:
        """A slow model holds callers back before they are tokenised; the lag stays in Kafka, not in memory."""
        model = GatedReader()
        async with Lane(model, LaneLimits(max_batch_tokens=2, max_waiting_tokens=6)) as lane:
            first = asyncio.create_task(lane.run(["a", "b", "c", "d", "e", "f"]))
            await asyncio.to_thread(model.is_busy.wait, PATIENCE_S)
            second = asyncio.create_task(lane.run(["g"]))
            await settle()
            assert "g" not in model.tokenised
            model.gate.set()
            await first
            assert [outcome(answer) for answer in await second] == ["positive"]

    async def test_calls_that_come_together_do_not_overrun_the_bound(self) -> None:
        """However many calls arrive at once, only so many are let in that the last one passes the bound."""
        model = GatedReader()
        async with Lane(model, LaneLimits(max_batch_tokens=2, max_waiting_tokens=6)) as lane:
            calls = [asyncio.create_task(lane.run(["a", "b", "c", "d"])) for _ in range(10)]
            await asyncio.to_thread(model.is_busy.wait, PATIENCE_S)
            await settle()
            let_in = len([text for text in model.tokenised if text != CANARY_TEXT])
            model.gate.set()
            await asyncio.gather(*calls)
        assert let_in < 6 + 4


class TestTheDoor:
    async def test_calls_that_wait_are_tokenised_together(self) -> None:
        """While one is tokenised others come: they are one way to the thread and back, and each gets its own answer."""
        asked: list[list[str]] = []
        gate, is_busy = threading.Event(), threading.Event()

        class Slow(FakeReader):
            def tokenise(self, texts: Sequence[str]) -> list[TokenisedReview]:
                asked.append(list(texts))
                if texts[0] == "first":
                    is_busy.set()
                    gate.wait(PATIENCE_S)
                return super().tokenise(texts)

        async with Lane(Slow(), LaneLimits()) as lane:
            calls = [asyncio.create_task(lane.run(["first"]))]
            await asyncio.to_thread(is_busy.wait, PATIENCE_S)
            calls += [asyncio.create_task(lane.run(texts)) for texts in (["bad"], ["fine", "bad"], ["fine"])]
            gone = asyncio.create_task(lane.run(["nobody waits"]))
            await settle()
            gone.cancel()
            await settle()
            gate.set()
            answers = await asyncio.gather(*calls)
        assert asked[1:] == [["first"], ["bad", "fine", "bad", "fine"]]
        assert [[outcome(one) for one in answer] for answer in answers] == [
            ["positive"], ["negative"], ["positive", "negative"], ["positive"],
        ]  # fmt: skip

    async def test_a_tokeniser_that_forgets_a_text_is_found_out(self) -> None:
        """Whoever came in with it learns of it, and the door opens to the next."""

        class Forgetful(FakeReader):
            def tokenise(self, texts: Sequence[str]) -> list[TokenisedReview]:
                return super().tokenise(texts)[: 1 if "forget" in texts else None]

        async with Lane(Forgetful(), LaneLimits()) as lane, asyncio.timeout(PATIENCE_S):
            with pytest.raises(ValueError, match="shorter"):
                await lane.run(["fine", "forget"])
            assert [outcome(one) for one in await lane.run(["bad"])] == ["negative"]

    async def test_who_stands_there_when_the_lane_closes_gets_an_error(self) -> None:
        model = GatedReader()
        async with Lane(model, LaneLimits(max_batch_tokens=1, max_waiting_tokens=2)) as lane:
            inside = asyncio.create_task(lane.run(["a", "b", "c", "d"]))
            await asyncio.to_thread(model.is_busy.wait, PATIENCE_S)
            outside = asyncio.create_task(lane.run(["e"]))
            await settle()
        model.gate.set()
        with pytest.raises(FatalError, match="closed"):
            await outside
        with pytest.raises(asyncio.CancelledError):
            await inside


class TestLeaving:
    async def test_calls_in_flight_end_when_the_lane_closes(self) -> None:
        """Calls on the device, planned, waiting, or waiting for room: none of them waits for ever."""
        model = GatedReader()
        limits = LaneLimits(max_batch_tokens=1, max_waiting_tokens=8)
        async with Lane(model, limits) as lane:
            first = asyncio.create_task(lane.run(["a"]))
            await asyncio.to_thread(model.is_busy.wait, PATIENCE_S)
            calls = [first, asyncio.create_task(lane.run(["b", "c", "d", "e"]))]
            await settle()
            calls += [asyncio.create_task(lane.run(["f"] * 40))]
            await settle()
            calls += [asyncio.create_task(lane.run(["g"])), asyncio.create_task(lane.run(["h"]))]
            await settle()
        model.gate.set()
        _, waiting = await asyncio.wait(calls, timeout=1)
        for call in waiting:
            call.cancel()
        assert [calls.index(call) for call in waiting] == []
        assert all(call.cancelled() or call.exception() is not None for call in calls)

    async def test_a_caller_that_goes_away_does_not_disturb_the_others(self) -> None:
        """A cancelled call's texts are answered into the void; those of its batch go to whoever asked."""
        model = GatedReader()
        async with Lane(model, LaneLimits()) as lane:
            busy = asyncio.create_task(lane.run(["fine"]))
            await asyncio.to_thread(model.is_busy.wait, PATIENCE_S)
            gone = asyncio.create_task(lane.run(["fine"]))
            stays = asyncio.create_task(lane.run(["bad"]))
            await settle()
            gone.cancel()
            model.gate.set()
            assert [outcome(answer) for answer in await stays] == ["negative"]
            await busy


@dataclass
class MeetingReader(FakeReader):
    """Answers only when as many forward passes are under way at the same time as it has streams."""

    meeting: threading.Barrier = field(default_factory=lambda: threading.Barrier(1))

    def forward(self, batch: Sequence[TokenisedReview]) -> list[ReviewReading]:
        readings = super().forward(batch)
        if self.batches[-1] != [CANARY_TEXT]:
            self.meeting.wait(PATIENCE_S)
        return readings


@pytest.mark.parametrize("streams", [1, 2, 3])
async def test_a_model_with_streams_computes_on_all_of_them(streams: int) -> None:
    """As many batches are in the model at the same time as it has streams; none waits for another."""
    model = MeetingReader(streams=streams, meeting=threading.Barrier(streams))
    async with Lane(model, LaneLimits(max_batch_reviews=1)) as lane:
        answers = await lane.run([f"fine {number}" for number in range(2 * streams)])
    assert [outcome(answer) for answer in answers] == ["positive"] * (2 * streams)


async def test_a_batch_is_planned_when_the_device_can_have_it() -> None:
    """What comes while the device is busy joins the next batch; one batch is handed over ahead, not more."""
    model = GatedReader()
    async with Lane(model, LaneLimits()) as lane:
        calls = []
        for number in range(6):
            calls.append(asyncio.create_task(lane.run([f"text {number}"])))
            await settle()
        model.gate.set()
        await asyncio.gather(*calls)
    assert [len(batch) for batch in batches_of(model)] == [1, 1, 4]
