"""Model references: what is one, and what the refusal of others says."""

import pytest

from models.errors import ModelConfigurationError
from models.registry.references import ModelReference, parse_reference


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("builtin:reviews-en", ModelReference("builtin", "reviews-en")),
        ("path:/models/mine", ModelReference("path", "/models/mine")),
        ("path:relative/dir", ModelReference("path", "relative/dir")),
        ("path:C:/models/a@b", ModelReference("path", "C:/models/a@b")),
        ("hf:org/name@main", ModelReference("hf", "org/name", "main")),
        ("hf:org/na.me_x@refs/pr/1", ModelReference("hf", "org/na.me_x", "refs/pr/1")),
    ],
)
def test_references_are_read_and_written_back(text: str, reference: ModelReference) -> None:
    """Each form is read into its parts, and str() gives the form again."""
    assert parse_reference(text) == reference
    assert str(reference) == text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("minilm", "no kind or no name"),
        ("builtin:", "no kind or no name"),
        ("builtin:../../etc", "lower-case words"),
        ("s3:bucket/model", "no kind 's3'"),
        ("hf:name@main", "organisation/name"),
        ("hf:org/name", "needs a revision"),
        ("hf:org/name@", "needs a revision"),
        ("hf:org/name@a b", "needs a revision"),
    ],
)
def test_refusals_say_what_is_wrong_and_what_to_write(text: str, says: str) -> None:
    """The message quotes the reference, names its fault and shows the three forms."""
    with pytest.raises(ModelConfigurationError) as refusal:
        parse_reference(text)
    message = str(refusal.value)
    assert repr(text) in message
    assert says in message
    assert "builtin:NAME, path:/directory or hf:organisation/name@revision" in message
