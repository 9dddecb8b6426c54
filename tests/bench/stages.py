"""Stub replaced below."""

from contextlib import contextmanager


@contextmanager
def accounted(file):
    yield
