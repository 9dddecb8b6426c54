"""A few dozen reviews of our own in two languages, each opinion with its words, to train tiny readers on."""

from models.readers.aspects import Aspect
from models.readers.interfaces import SentimentLabel
from models.training.corpora.annotated import AnnotatedOpinion
from models.training.corpora.reader_data import REVIEWS, ReaderData
from models.training.corpora.texts import TrainingText

_PRAISE = (
    ("The {} is a lovely colour 😍", "lovely colour", "design"),
    ("I got the {} and it works well", "works well", "performance"),
    ("{}很好用，我很喜欢", "很好用", "performance"),
    ("这个{}的颜色很漂亮👍", "颜色很漂亮", "design"),
)
_BLAME = (
    ("My {} broke after a week", "broke after a week", "quality"),
    ("Nobody answered me about the {} 😡", "Nobody answered", "customer_service"),
    ("{}质量太差了", "质量太差", "quality"),
    ("买了{}，客服态度差！", "客服态度差", "customer_service"),
)
_THINGS = (
    ("lamp", "杯子"),
    ("blanket", "毯子"),
    ("zipper bag", "书包"),
    ("kettle", "水壶"),
    ("scarf", "围巾"),
)


def two_languages() -> ReaderData:
    """Forty texts to train on; nothing is held out."""
    texts = [
        _text(pattern, english if pattern.isascii() or " " in pattern else chinese, words, aspect, polarity)
        for english, chinese in _THINGS
        for patterns, polarity in ((_PRAISE, "positive"), (_BLAME, "negative"))
        for pattern, words, aspect in patterns
    ]
    return ReaderData(texts, [], [], {}, {}, {})


def _text(pattern: str, thing: str, words: str, aspect: Aspect, polarity: SentimentLabel) -> TrainingText:
    text = pattern.format(thing)
    start = text.index(words)
    opinion = AnnotatedOpinion(aspect, polarity, start, start + len(words), "reviewer")
    stars = 5 if polarity == "positive" else 1
    return TrainingText(
        text, REVIEWS, sentiment=polarity, stars=stars, opinions=(opinion,), knows_holders=True
    )
