"""What shoppers do, without who they are."""

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from schemas.events import Event
from schemas.fields import MAX_IDENTIFIER_CHARACTERS, Identifier, LanguageCode, Timestamp, Version, Wanted

BehaviourAction = Literal["viewed", "clicked", "bought", "carted", "returned"]

# An e-mail address; or a number as people write telephone numbers: with a plus or parentheses, in three groups or more,
# from a leading zero, or a Chinese mobile's. A plain number of ten digits is the usual pseudonym, and passes.
_PERSONAL = (
    r"^[^@\s]+@[^@\s]+$"
    r"|^\+[0-9][0-9 ().\-/]{5,18}$"
    r"|^\(?[0-9]{1,5}\)[0-9 .\-/]{4,14}$"
    r"|^[0-9]{2,5}(?:[ .\-/][0-9]{2,5}){2,4}$"
    r"|^0[0-9]{8,13}$"
    r"|^1[3-9][0-9]{9}$"
)
_personal = re.compile(_PERSONAL)


@dataclass(frozen=True, slots=True)
class _NotPersonal:
    """Annotation: the JSON Schema refuses personal data as the contract does."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return handler(source)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "not": {"pattern": _PERSONAL}}


def _pseudonymous(name: str) -> str:
    if _personal.search(name):
        # `Wanted` puts its own text in place of this one.
        raise PydanticCustomError("personal_data", "wanted a pseudonym")
    return name


Pseudonym = Annotated[
    Identifier,
    Field(max_length=MAX_IDENTIFIER_CHARACTERS),
    AfterValidator(_pseudonymous),
    _NotPersonal(),
    Wanted("a pseudonym of 1 to 128 characters, neither an e-mail address nor a telephone number"),
]


class BehaviourEvent(Event):
    """Something that a shopper did with a product. `quantity` is how many were bought, carted or returned."""

    event_id: Identifier
    user_id: Pseudonym
    product_id: Identifier
    action: BehaviourAction
    quantity: Version = 1
    language: LanguageCode | None = None
    platform: Identifier | None = None
    occurred_at: Timestamp
