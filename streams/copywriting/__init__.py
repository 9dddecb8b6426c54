"""Words that sell and are true: copy of every kind, composed from facts, each claim with its source."""

from streams.copywriting.house_rules import NO_RULES, HouseRules, read_house_rules
from streams.copywriting.kinds import kinds
from streams.copywriting.subject import Subject
from streams.copywriting.wishes import TONES
from streams.copywriting.writer import CopyWriter
from streams.copywriting.written import COPY_VERSION, Written

__all__ = [
    "COPY_VERSION",
    "NO_RULES",
    "TONES",
    "CopyWriter",
    "HouseRules",
    "Subject",
    "Written",
    "kinds",
    "read_house_rules",
]
