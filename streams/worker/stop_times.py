"""How long stopping may take, from the inside out: chunks in flight, the app around them, the process, its supervisor.

Each waits longer than what it waits for, so that nobody is killed who would have ended by itself.
"""

from streams.settings import ChunkSettings

#: Beside the chunks in flight: leaving the group, committing, closing clients.
_LEAVING_S = 25.0
#: Beside the app: the pages, the models, the interpreter.
_ENDING_S = 5.0


def app_stop_s(chunk: ChunkSettings) -> float:
    """How long a worker waits for its app to stop."""
    return chunk.drain_timeout_s + _LEAVING_S


def process_stop_s(chunk: ChunkSettings) -> float:
    """How long whoever stops a worker has to wait for it before killing it.

    >>> app_stop_s(ChunkSettings()), process_stop_s(ChunkSettings())
    (30.0, 35.0)
    """
    return app_stop_s(chunk) + _ENDING_S
