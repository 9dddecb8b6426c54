"""Products that a request describes itself, by attributes alone."""

from schemas.copywriting import CopyRequest
from schemas.fields import MAX_LABEL_CHARACTERS
from schemas.products import ProductDetails
from streams.copywriting.attribute_values import written
from streams.copywriting.subject import Subject

_TITLES = ("title", "name", "product name", "product", "名称", "商品名称", "标题", "nombre", "título")


def subject_of_attributes(request: CopyRequest) -> Subject:
    """A subject of a request's attributes; one of them may be its title."""
    given = {name.casefold(): name for name in request.attributes}
    title_name = next((given[name] for name in _TITLES if name in given), None)
    title = "" if title_name is None else written(request.attributes[title_name])[:MAX_LABEL_CHARACTERS]
    rest = {name: value for name, value in request.attributes.items() if name != title_name}
    details = ProductDetails.model_validate({"attributes": rest, "language": request.language})
    return Subject(request.request_id, title, details)
