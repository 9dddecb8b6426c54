"""What emoji say, in words: the vocabulary of an English encoder has none of them, Chinese training texts few."""

import re

from tokenizers import Regex, Tokenizer, normalizers

_EMOJI = {
    "love": "😍🥰❤♥💕💖💗💓😘🩷",
    "great": "👍👌💯🎉🙌👏🤩",
    "happy": "😀😃😄😁😊🙂☺😋😎🤗😆",
    "sad": "😞😔😢😭☹🙁😟😩😫😥",
    "angry": "😡😠🤬👿😤",
    "terrible": "👎💩🤮🤢🗑❌💔",
    "okay": "😐😑😶",
}
_CHINESE = {
    "love": "喜欢",
    "great": "很好",
    "happy": "开心",
    "sad": "失望",
    "angry": "生气",
    "terrible": "太差",
    "okay": "一般",
}
_ANY = re.compile(f"[{''.join(_EMOJI.values())}]")
_CHINESE_OF = str.maketrans({one: f" {_CHINESE[word]} " for word, emoji in _EMOJI.items() for one in emoji})


def has_emoji(text: str) -> bool:
    """Whether a text holds an emoji that shows a feeling.

    >>> has_emoji("Fine 👍"), has_emoji("Fine")
    (True, False)
    """
    return not text.isascii() and _ANY.search(text) is not None


def emoji_tokenizer(tokenizer: Tokenizer, *, in_chinese: bool = False) -> Tokenizer:
    """A copy of a tokenizer that takes emoji for words; offsets stay those of the text. It takes twice as long."""
    copy = Tokenizer.from_str(tokenizer.to_str())
    replaced = [
        normalizers.Replace(Regex(f"[{emoji}]"), f" {_CHINESE[word] if in_chinese else word} ")
        for word, emoji in _EMOJI.items()
    ]
    before = [] if tokenizer.normalizer is None else [tokenizer.normalizer]
    copy.normalizer = normalizers.Sequence([*replaced, *before])
    return copy


def chinese_for_emoji(text: str) -> str:
    """The text with Chinese words in place of its emoji.

    >>> chinese_for_emoji("收到了👎")
    '收到了 太差 '
    """
    return text.translate(_CHINESE_OF) if has_emoji(text) else text
