"""Signs of spam: links, and names of websites."""

import re
from collections.abc import Iterator

from models.quality.reading import ReadText

# Shops and sites that buyers name when they compare; a full link to them counts less.
_KNOWN_SITES = re.compile(
    r"(?:^|\.)(?:amazon|ebay|walmart|bestbuy|target|etsy|google|youtube|apple|microsoft|samsung"
    r"|wikipedia|jd|taobao|tmall|pinduoduo|suning|newegg|costco|ikea|aliexpress|reddit|paypal)\."
)
_URL = re.compile(r"(?:[a-z]{3,5}://|www\.)([a-z0-9.-]*)")
_SHORT_LINK = re.compile(
    r"\b(?:bit\.ly|t\.me|wa\.me|goo\.gl|tinyurl\.com|amzn\.to|is\.gd|t\.cn|dwz\.cn|url\.cn|rb\.gy|cutt\.ly|linktr\.ee"
    r"|v\.douyin\.com|m\.tb\.cn)/"
)
# Begins with a dot because the engine skips to a literal fastest. Ends that are words ("bad.Top notch") count only
# where more says that it is a domain.
_DOMAIN_END = re.compile(
    r"\.(?<=[A-Za-z0-9-]{2}\.)(?:(?P<plain>com(?:\.cn)?|net|org|cn|co\.uk|ru)|(?P<shop>xyz|icu|buzz|tk|bid)"
    r"|(?P<word>shop|store|top|online|site|club|live|link|click|win|work|fun|vip))(?![A-Za-z0-9-]|\.[a-z])"
)
_HOST = re.compile(
    r"(?P<lead>\b(?:visit|at|on|from|to|see|check|out|via|buy|order) )?(?P<host>[A-Za-z0-9.-]{1,64})$"
)


def links(read: ReadText) -> Iterator[tuple[float, str]]:
    """How sure they make that it is spam, and what it does: at most one link or website, and one short link."""
    if "://" in read.lower or "www." in read.lower:
        for match in _URL.finditer(read.lower):
            yield (0.5 if _KNOWN_SITES.search(match[1]) else 0.7), "holds a link"
            return
    for match in _DOMAIN_END.finditer(read.plain):
        if weight := _weight_of_domain(read.plain, match):
            yield weight, "names a website"
            return
    if "/" in read.lower and _SHORT_LINK.search(read.lower):
        yield 0.8, "holds a short link"


def _weight_of_domain(text: str, match: re.Match[str]) -> float:
    before = _HOST.search(text, max(0, match.start() - 80), match.start())
    if not before or _KNOWN_SITES.search(before["host"].lower() + "."):
        return 0.0
    has_path = text[match.end() : match.end() + 1] == "/"
    if match["shop"] or has_path:
        return 0.7
    if match["word"]:
        is_named = before["lead"] or re.search(r"[0-9-]", before["host"])
        return 0.7 if is_named else 0.0
    return (
        0.55 if before["lead"] and before["lead"].strip() in {"visit", "see", "check", "out", "via"} else 0.3
    )
