"""What emoji say, in words: the vocabulary of an English encoder has none of them."""

import re

from tokenizers import Regex, Tokenizer, normalizers

_WORDS = {
    "love": "😍🥰❤♥💕💖💗💓😘🩷",
    "great": "👍👌💯🎉🙌👏🤩",
    "happy": "😀😃😄😁😊🙂☺😋😎🤗😆",
    "sad": "😞😔😢😭☹🙁😟😩😫😥",
    "angry": "😡😠🤬👿😤",
    "terrible": "👎💩🤮🤢🗑❌💔",
    "okay": "😐😑😶",
}
_ANY = re.compile(f"[{''.join(_WORDS.values())}]")


def has_emoji(text: str) -> bool:
    """Whether a text holds an emoji that shows a feeling.

    >>> has_emoji("Fine 👍"), has_emoji("Fine")
    (True, False)
    """
    return not text.isascii() and _ANY.search(text) is not None


def emoji_tokenizer(tokenizer: Tokenizer) -> Tokenizer:
    """A copy of a tokenizer that takes emoji for words; offsets stay those of the text. It takes twice as long."""
    copy = Tokenizer.from_str(tokenizer.to_str())
    replaced = [normalizers.Replace(Regex(f"[{emoji}]"), f" {word} ") for word, emoji in _WORDS.items()]
    before = [] if tokenizer.normalizer is None else [tokenizer.normalizer]
    copy.normalizer = normalizers.Sequence([*replaced, *before])
    return copy
