"""Origins of web pages, as browsers send them."""

from typing import Annotated

from pydantic import Field

#: Scheme, host and port of a page; `*` is any page's.
Origin = Annotated[str, Field(pattern=r"^(\*|https?://[^/\s]+)$")]
Origins = tuple[Origin, ...]
