"""Secrets: which there are, so that no message tells one, and addresses that hide one."""

from collections.abc import Iterator
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from pydantic import BaseModel, SecretStr

#: Shorter ones would take parts of ordinary words with them.
_SHORTEST = 4
_ESCAPED = "in user name and password write / as %2F, ? as %3F, # as %23, @ as %40, : as %3A and % as %25"


def url_problem(url: str) -> str | None:
    """What is wrong with the address of a Redis, in words that tell none of it; None if nothing is.

    >>> url_problem("redis://:p%2Fw@cache:6379/0")
    >>> url_problem("cache:6379")
    'wanted redis://, rediss:// or unix://, got another beginning'
    >>> url_problem("redis:///0")
    'wanted a host behind //, as in redis://host:6379/0; got none'
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in {"redis", "rediss", "unix"}:
        return "wanted redis://, rediss:// or unix://, got another beginning"
    if any(character.isspace() or not character.isprintable() for character in url):
        return "wanted no spaces or control characters; " + _ESCAPED
    authority = rest[: min((rest.find(end) for end in "/?#" if end in rest), default=len(rest))]
    if "@" in rest[len(authority) :]:
        return "there is an @ behind the first /, ? or #; " + _ESCAPED
    try:
        # Its own messages repeat what they could not read, and that may be a part of the password.
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "host and port cannot be read; " + _ESCAPED
    return _place_problem(parts)


def _place_problem(parts: SplitResult) -> str | None:
    """What is wrong with the place that an address names: clients take it for another one without a word."""
    if parts.scheme == "unix":
        if parts.path in {"", "/"}:
            return "wanted the path of a socket, as in unix:///run/valkey.sock; got none"
    elif not parts.hostname:
        return f"wanted a host behind //, as in {parts.scheme}://host:6379/0; got none"
    elif not _is_number(parts.path.removeprefix("/") or "0"):
        return f"wanted a number behind the host, as in {parts.scheme}://host:6379/0; got something else"
    if not all(_is_number(number) for number in parse_qs(parts.query, keep_blank_values=True).get("db", ())):
        return "wanted a number as db; got something else"
    return None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def secrets_of(settings: BaseModel) -> Iterator[str]:
    """Everything in the settings that no message may tell, the longest of each first."""
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, BaseModel):
            yield from secrets_of(value)
        elif isinstance(value, SecretStr):
            yield from _parts(value.get_secret_value())


def _parts(secret: str) -> Iterator[str]:
    password = urlsplit(secret).password if url_problem(secret) is None else None
    for part in (secret, password, unquote(password) if password else None):
        if part is not None and len(part) >= _SHORTEST:
            yield part
