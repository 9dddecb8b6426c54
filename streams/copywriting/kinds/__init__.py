"""The kinds of copy, one file each: add a file with a `KIND`, and it can be written."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from streams.copywriting.kind import Kind


@cache
def kinds() -> Mapping[str, Kind]:
    """All kinds by their names."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    found: list[Kind] = [module.KIND for module in modules]
    return MappingProxyType({kind.name: kind for kind in found})
