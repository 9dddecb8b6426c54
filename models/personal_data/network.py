"""Finds the addresses of devices in networks: IP and MAC."""

import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address

from models.personal_data.context import named
from models.personal_data.working_text import Span

_OCTETS = r"\d{1,3}(?:\.\d{1,3}){3}"
_IPV4 = re.compile(rf"(?<![A-Za-z0-9_.-])(?<!\d,){_OCTETS}(?![A-Za-z0-9_-]|\.\d)(?:/\d{{1,2}}(?!\d))?")
_IPV6 = re.compile(
    rf"(?<![A-Za-z0-9_.])(?<![0-9A-Fa-f:]:)(?:[0-9A-Fa-f]{{1,4}}:|:(?=:))(?:[0-9A-Fa-f]{{0,4}}:){{1,7}}(?:{_OCTETS}|[0-9A-Fa-f]{{0,4}})(?:%[a-z0-9]{{1,10}})?"
    r"(?![A-Za-z0-9_:]|\.\d)(?:/\d{1,3}(?!\d))?"
)
_MAC = re.compile(
    r"(?<![A-Za-z0-9_.-])(?<![^A-Za-z][0-9A-Fa-f]{2}:)(?:[0-9A-Fa-f]{2}(?P<mark>[:-])(?:[0-9A-Fa-f]{2}(?P=mark)){4}[0-9A-Fa-f]{2}"
    r"|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4})(?![A-Za-z0-9_:-]|\.\w)"
)
_NO_DEVICE = re.compile(r"^(?:00|ff)(?:.(?:00|ff))+$", re.IGNORECASE)
# Everybody's, whom anybody may ask.
_RESOLVERS = frozenset(
    ["8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "208.67.222.222", "208.67.220.220", "114.114.114.114",
     "223.5.5.5", "223.6.6.6", "119.29.29.29", "180.76.76.76"]
)  # fmt: skip
# "1.0.2.13" is as often a version.
_LEAST_DIGITS_UNNAMED = 8


def network_addresses(plain: str, _regions: tuple[str, ...]) -> Iterator[Span]:
    """Where addresses stand that can be those of a person: not those inside a home, of nobody or of everybody."""
    spans: list[Span] = []
    if any(plain.count(mark) >= least for mark, least in ((":", 5), ("-", 5), (".", 2))):
        spans += [match.span() for match in _MAC.finditer(plain) if _is_device(plain, match)]
    if "::" in plain or plain.count(":") > 5:
        spans += [match.span() for match in _IPV6.finditer(plain) if _is_of_person(plain, match)]
    for match in _IPV4.finditer(plain) if plain.count(".") >= 3 else ():
        is_apart = not any(start <= match.start() < end for start, end in spans)
        if is_apart and _is_of_person(plain, match):
            spans.append(match.span())
    yield from sorted(spans)


def _is_device(plain: str, match: re.Match[str]) -> bool:
    if _NO_DEVICE.match(match[0]):
        return False
    # Digits and hyphens, or dots, are as often dates and numbers of parts.
    return (
        match["mark"] == ":" or (bool(re.search("[A-Fa-f]", match[0])) and match["mark"] == "-")
    ) or named(plain, match.start()) == "mac"


def _is_of_person(plain: str, match: re.Match[str]) -> bool:
    try:
        address = ip_address(re.split("[%/]", match[0])[0])
    except ValueError:
        return False
    name = named(plain, match.start())
    if name == "version" or _is_of_nobody(address):
        return False
    return address.version == 6 or name == "ip" or sum(map(str.isdigit, match[0])) >= _LEAST_DIGITS_UNNAMED


def _is_of_nobody(address: IPv4Address | IPv6Address) -> bool:
    return (
        str(address) in _RESOLVERS
        or address.is_loopback
        or address.is_unspecified
        or address.is_multicast
        or address.is_link_local
        or (address.version == 4 and (_is_inside(str(address)) or str(address).startswith("255.")))
    )


def _is_inside(address: str) -> bool:
    """Whether a router gives it out at home (RFC 1918); those of documentation count as real ones.

    >>> _is_inside("192.168.1.1"), _is_inside("172.20.0.9"), _is_inside("203.0.113.7")
    (True, True, False)
    """
    return bool(re.match(r"10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.", address))
