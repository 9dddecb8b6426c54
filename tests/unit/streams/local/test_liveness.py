"""When a child that says nothing counts as hanging, in a time of the test's own."""

import asyncio
from collections.abc import Callable

import pytest

from streams.local import liveness
from streams.local.liveness import answers, until_silent


class Child:
    """Answers or not, as a function of the time says."""

    def __init__(self, is_there: Callable[[float], bool]) -> None:
        self._is_there = is_there
        self.time_s = 0.0

    async def asked(self) -> bool:
        return self._is_there(self.time_s)

    async def sleep(self, seconds: float) -> None:
        self.time_s += seconds
        if self.time_s > 1_000:
            raise TimeoutError

    async def silent_at_s(self) -> float:
        await until_silent(self.asked, silent_after_s=120, now=lambda: self.time_s, sleep=self.sleep)
        return self.time_s


async def test_a_child_that_never_answers_hangs() -> None:
    """Two minutes after it was started."""
    assert await Child(lambda _time: False).silent_at_s() == 120


async def test_the_silence_counts_from_the_last_answer() -> None:
    """Not from the start, and a short silence does no harm."""
    child = Child(lambda time: time < 200 or 300 <= time < 400)
    assert await child.silent_at_s() == 395 + 120


async def test_a_child_that_answers_now_and_then_lives() -> None:
    """One answer in two minutes is enough."""
    with pytest.raises(TimeoutError):
        await Child(lambda time: time % 115 == 0).silent_at_s()


@pytest.mark.parametrize(("status", "is_answer"), [(b"200 OK", True), (b"503 No", True), (b"", False)])
async def test_every_answer_counts_and_silence_does_not(
    monkeypatch: pytest.MonkeyPatch, status: bytes, is_answer: bool
) -> None:
    """A page may say what it wants; a connection that is taken and never answered is no life."""
    monkeypatch.setattr(liveness, "_ANSWER_S", 5.0 if status else 0.2)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if status:
            writer.write(b"HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n" % status)
            await writer.drain()
        else:
            await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/healthz"
        assert await answers(url) == is_answer
    assert not await answers(url)
