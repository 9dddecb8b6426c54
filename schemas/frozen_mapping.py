"""A read-only, hashable mapping with text keys, so that a contract can hold a JSON object and stay frozen."""

from collections.abc import Iterator, Mapping
from typing import TypeVar, get_args

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from schemas.fields import Label

Value = TypeVar("Value")
#: How many entries a field may have. Set here because a limit on the field would not reach its JSON Schema.
MAX_ENTRIES = 200


class FrozenMapping(Mapping[str, Value]):
    """An immutable copy of a mapping; equal to any mapping with the same items.

    As a field type, `FrozenMapping[float]` reads and writes a plain JSON object of at most 200 entries.

    >>> FrozenMapping({"colour": "red"}) == {"colour": "red"}
    True
    """

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, Value] | None = None) -> None:
        self._items: dict[str, Value] = dict(items or {})

    def __getitem__(self, key: str) -> Value:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))

    def __repr__(self) -> str:
        return f"FrozenMapping({self._items!r})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        (value_type,) = get_args(source)
        as_dict = core_schema.dict_schema(
            keys_schema=handler.generate_schema(Label),
            values_schema=handler.generate_schema(value_type),
            max_length=MAX_ENTRIES,
        )
        from_mapping = core_schema.no_info_before_validator_function(_plain, as_dict)
        return core_schema.no_info_after_validator_function(
            cls,
            core_schema.json_or_python_schema(json_schema=as_dict, python_schema=from_mapping),
            serialization=core_schema.plain_serializer_function_ser_schema(dict, return_schema=as_dict),
        )


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else value
