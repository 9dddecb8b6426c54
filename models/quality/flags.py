"""The doubts about a text."""

from models.quality.offence import offensive
from models.quality.reading import read_text
from models.quality.shortness import too_short
from models.quality.spam import spam
from models.quality.values import QualityFlag


def text_flags(text: str, *, has_contact: bool = False) -> tuple[QualityFlag, ...]:
    """What is doubtful about a text: at most one flag each of spam, too_short and offensive.

    Args:
        text: a review whose personal data is masked, as in "[email]".
        has_contact: whether an e-mail address, phone, WeChat or QQ number was masked in it.

    >>> [flag.kind for flag in text_flags("Use my discount code SAVE20 at www.cheap-deals.shop")]
    ['spam']
    >>> text_flags("加我微信[wechat]，好评返现", has_contact=True)[0].reason
    'It gives a contact and asks to use it; it advertises; it promises a reward for reviews.'
    >>> text_flags("The kettle boils a litre in three minutes and stays quiet.")
    ()
    """
    read = read_text(text)
    flags = (spam(read, has_contact=has_contact), too_short(read), offensive(read))
    return tuple(flag for flag in flags if flag)
