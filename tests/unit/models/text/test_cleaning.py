"""What is taken out of a text before it is read, what stays, and that its offsets lead back to the original."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.text import cleaning
from models.text.cleaning import CleanedText, clean, needs_cleaning
from models.text.offsets import UNCHANGED, Edit, EditedText

ENTITIES = {
    "It isn&#39;t loud &amp; it stays cool.": "It isn't loud & it stays cool.",
    "The strap isn&rsquo;t strong.": "The strap isn’t strong.",
    "It doesn&rsquo;t leak&nbsp;at&nbsp;all.": "It doesn’t leak at all.",
    "Don&amp;#39;t buy, it broke.": "Don't buy, it broke.",
    "Don&amp;amp;amp;#x27;t buy.": "Don't buy.",
    "&quot;Warm&quot; it is not": '"Warm" it is not',
    "caf&eacute; au lait &hellip; 20&deg;C": "café au lait … 20°C",
    "Salt &amp pepper &lt 3": "Salt & pepper < 3",
    "A &lt; B in size, 5&quot; screen": 'A < B in size, 5" screen',
    "质量不错&#xff0c;不漏水": "质量不错，不漏水",
    "不&nbsp;好用": "不 好用",
    "Great &#128077;": "Great 👍",
    "Great &#55357;&#56397;": "Great 👍",
    "It&#146;s &#150; fine": "It’s – fine",
    "Wide&#8203;spread&shy;ing": "Widespreading",
}
TAGS = {
    "<p>Itchy.</p>": "Itchy.",
    "Not soft.<br />Not warm.<br />Not cheap.": "Not soft.\nNot warm.\nNot cheap.",
    "Not soft<br>Not warm<BR/>Not cheap": "Not soft\nNot warm\nNot cheap",
    "<ul><li>Bright</li><li>Cheap</li></ul>": "Bright\nCheap",
    "Nice&lt;br&gt;lamp": "Nice\nlamp",
    "Nice&amp;lt;br /&amp;gt;lamp": "Nice\nlamp",
    "A <b>very</b> <span class=\"x y\" style='color:red'>bright</span> lamp": "A very bright lamp",
    '<div><a href="https://shop.example/x?a=1&amp;b=2" rel=nofollow>Link</a></div>': "Link",
    "<h3>Summary</h3><blockquote>It hums.</blockquote>": "Summary\nIt hums.",
    "First.</p>\n\n<p>Second.": "First.\nSecond.",
    "Bright<!-- hidden --> lamp<script>alert('x')</script><style>p{}</style>!": "Bright lamp!",
    '<img src=\\"a.jpg\\" alt=\\"a lamp\\" />Bright.': "Bright.",
    "很亮<br/>不贵": "很亮\n不贵",
}
CHARACTERS = {
    "l\u200ba\u200cm\u2060p": "lamp",
    "\ufeffBright": "Bright",
    "Bri\u00adght": "Bright",
    "\u200fBright\u061c \u200elamp": "Bright lamp",
    "Br\x00ig\x07ht\x7f lamp\x9f": "Bright lamp",
    "One\r\ntwo\rthree\u2028four": "One\ntwo\nthree\nfour",
    "Quiet\xa0lamp\u2009here": "Quiet lamp here",
    "Hid\U000e0041\U000e0042den": "Hidden",
    "Ｉｔ　ｉｓ　ｇｏｏｄ！": "It is good!",
    "买了２个Ａ４，很好！": "买了2个A4，很好！",
    "价格３．５元，时间１２：３０": "价格3.5元，时间12:30",
    "质\u200b量\u200d好": "质量好",
}
MOJIBAKE = {
    "It doesnâ€™t leak": "It doesn’t leak",
    "â€œNiceâ€\x9d it is": "“Nice” it is",
    "The cafÃ© lamp": "The café lamp",
    "GrÃ¶ÃŸe passt": "Größe passt",
    "20â‚¬ is fair": "20€ is fair",
    "Love it ðŸ˜€": "Love it 😀",
    "It doesn‚Äôt hum": "It doesn’t hum",
    "è´¨é‡\x8få¾ˆå¥½": "质量很好",
    "亮度好，itâ€™s ok": "亮度好，it’s ok",
    "It don?t work, I?m sad. Why?": "It don't work, I'm sad. Why?",
    "It isn\ufffdt, it\ufffds not": "It isn't, it's not",
}
NOTICES = {
    "[This review was collected as part of a promotion.] Bright lamp.": "Bright lamp.",
    "Bright lamp. [This review was collected as part of a promotion.]": "Bright lamp.",
    "Bright lamp.<br>[This review was collected as part of a sweepstakes.]": "Bright lamp.",
    "This review was submitted as part of a free product promotion. Bright lamp.": "Bright lamp.",
    "Bright. This review was collected as part of a promotion. It hums.": "Bright. It hums.",
    "(Incentivized review) Bright lamp.": "Bright lamp.",
    "Vine Customer Review of Free Product\nBright lamp.": "Bright lamp.",
    "[Diese Bewertung wurde im Rahmen einer Werbeaktion gesammelt.] Helle Lampe.": "Helle Lampe.",
    "[Cet avis a été recueilli dans le cadre d'une promotion.] Belle lampe.": "Belle lampe.",
    "[Esta reseña se recopiló como parte de una promoción.] Buena lámpara.": "Buena lámpara.",
    "【该评论是促销活动的一部分】很亮": "很亮",
}
MORE = {
    "Bright lamp. Read more": "Bright lamp.",
    "Bright lamp...Read more": "Bright lamp...",
    "Bright lamp… Show more": "Bright lamp…",
    "Bright lamp.\nRead less": "Bright lamp.",
    "Helle Lampe. Mehr anzeigen": "Helle Lampe.",
    "Belle lampe… Lire la suite": "Belle lampe…",
    "很亮。展开全文": "很亮。",
    "Bright lamp. The media could not be loaded.": "Bright lamp.",
    "[[VIDEOID:0a1b2c]] Bright lamp.": "Bright lamp.",
}
NOTHING = [
    "&nbsp;",
    "<br>",
    "<p> </p>",
    "\u200b\u200b",
    "此用户没有填写评价。",
    "系统默认好评!",
    "评价方未及时做出评价,系统默认好评!",
    "该用户觉得商品很好，给出了5星好评",
    "No review text provided",
]
UNTOUCHED = [
    "Bright & quiet, R&D did well. AT&T next.",
    "I <3 it. 5 < 6 > 4 <- see, <grin>",
    "It makes me want to read more",
    "Read more of the manual than of my mail",
    "a <b and c> d",
    "Why? Isn't it? What?the",
    "不贵，很好！（真的）～ 再买：会的。",
    "　　很好　很亮",
    "“Quoted” – naïve café, 20 °C, Größe M, São Paulo…",
    "👩‍👩‍👧 ❤️ 🏴󠁧󠁢󠁳󠁣󠁴󠁿 👍🏽",
    "The li\u202eght\u202c is warm",
    "می‌خواهم",
    "Отличная лампа, рекомендую",
    "とても明るい！（本当に）",
    "The promotion price was good, this review was easy",
    "默认好评不可信，质量一般",
    "&copy &foo; &#; &",
]  # fmt: skip
CASES = {**ENTITIES, **TAGS, **CHARACTERS, **MOJIBAKE, **NOTICES, **MORE}

_PIECES = st.sampled_from(
    [
        *"a,. \n\t&;<>#?'！，。．很好１Ａ", "&amp;", "&nbsp;", "&#39;", "amp;", "&lt;", "br", "<br>", "</p>", "<p",
        "\u200b", "\u200d", "\u00ad", "\xa0", "\r\n", "\x00", "â€™", "Ã", "Ã©", "don?t", "\ufffd", "😀", "\ud800",
        "Read more", "[This review was collected as part of a promotion.]", "<script>", "</script>", "<!--",
        "<b>", "-->", "\u3000", "系统默认好评", "好评",
    ]
)  # fmt: skip
_TEXTS = st.one_of(
    st.lists(_PIECES, max_size=25).map("".join), st.text(st.characters(codec=None, exclude_categories=()))
)


@pytest.mark.parametrize("text", CASES)
def test_what_its_author_meant_is_left(text: str) -> None:
    """Exactly, and cleaning it again changes nothing."""
    assert clean(text).text == CASES[text]
    assert clean(CASES[text]).text == CASES[text]


@pytest.mark.parametrize("text", UNTOUCHED)
def test_what_needs_nothing_stays(text: str) -> None:
    """Ampersands, comparisons, Chinese layout, emoji and letters of all scripts."""
    assert clean(text) == CleanedText(text, UNCHANGED, is_rewarded=False)


@pytest.mark.parametrize("text", NOTHING)
def test_nothing_is_left_where_nobody_wrote_anything(text: str) -> None:
    """Mark-up, invisible characters, and what platforms put in place of a text."""
    assert clean(text).text == ""


@pytest.mark.parametrize("text", NOTICES)
def test_a_notice_says_that_the_review_was_rewarded(text: str) -> None:
    """It is remembered, and no part of the text."""
    assert clean(text).is_rewarded


@pytest.mark.parametrize("text", [*MORE, *ENTITIES, *UNTOUCHED])
def test_no_other_text_says_so(text: str) -> None:
    """Not even one that speaks of promotions."""
    assert not clean(text).is_rewarded


def test_a_span_leads_back_to_what_it_was_made_of() -> None:
    """Through several rounds: letters, entities, tags."""
    text = "<p>It isnâ€™t loud &amp;amp; cheap.</p>"
    cleaned = clean(text)
    for words, original in {"isn’t": "isnâ€™t", "loud & cheap": "loud &amp;amp; cheap", "It": "It"}.items():
        start = cleaned.text.index(words)
        first, last = cleaned.origin.span(start, start + len(words))
        assert text[first:last] == original


@settings(max_examples=300)
@given(_TEXTS)
def test_every_character_leads_to_its_own_place(text: str) -> None:
    """In order, and to itself where it stands in the text as it came."""
    cleaned = clean(text)
    last = (0, 0)
    for index, character in enumerate(cleaned.text):
        start, end = cleaned.origin.span(index, index + 1)
        assert 0 <= start < end <= len(text)
        assert (start, end) >= last
        last = (start, end)
        if end - start == 1 and text[start].isascii() and text[start].isalnum():
            assert text[start] == character


@settings(max_examples=300)
@given(_TEXTS, st.data())
def test_spans_nest(text: str, data: st.DataObject) -> None:
    """What lies in a span of the cleaned text lies in what the span leads to; all of it leads to all that is left."""
    cleaned = clean(text)
    bounds = st.integers(0, len(cleaned.text))
    start, inner_start, inner_end, end = sorted(data.draw(st.tuples(bounds, bounds, bounds, bounds)))
    if inner_start < inner_end:
        outer = cleaned.origin.span(start, end)
        inner = cleaned.origin.span(inner_start, inner_end)
        assert outer[0] <= inner[0] <= inner[1] <= outer[1]


@settings(max_examples=300)
@given(_TEXTS | st.sampled_from(UNTOUCHED))
def test_what_the_cheap_look_passes_needs_nothing(text: str) -> None:
    """All of the slower steps leave it as it is."""
    if not needs_cleaning(text):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(cleaning, "needs_cleaning", lambda _: True)
            assert clean(text) == CleanedText(text, UNCHANGED, is_rewarded=False)


@given(
    st.text("abc ", max_size=30),
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 3), st.text("XY", max_size=3)), max_size=8),
)
def test_any_edits_lead_back(text: str, drawn: list[tuple[int, int, str]]) -> None:
    """A replacement leads to all that it replaced; every other character leads to itself."""
    edits: list[Edit] = []
    for start, length, replacement in sorted(drawn):
        end = min(start + length, len(text))
        if start < end and (not edits or start >= edits[-1].end):
            edits.append(Edit(start, end, replacement))
    edited = EditedText(text).edited(edits)
    for index, character in enumerate(edited.text):
        start, end = edited.origin.span(index, index + 1)
        if character in "XY":
            assert any((start, end) == (edit.start, edit.end) for edit in edits)
        else:
            assert text[start:end] == character


@pytest.mark.parametrize(
    "fragment",
    [
        "&", "&amp;", "&amp", "&#55357;", "<", "<p", "<p ", "<p a=", '<p a="', "<br>", "<script>", "<!--",
        "</script><script>", "â", "â€™", "Ã ", " ", "\n", " \n", "\xa0", "\u200b", "?", "n?t", "[", "[[VIDEOID:",
        "This review was collected as part of a ",
        "[This review was collected as part of a promotion.] ", "评价是", "好评", "Read more ", "！", "Ａ",
        "\ufffd", "Дâ",
    ],
)  # fmt: skip
def test_time_grows_with_the_length_only(fragment: str) -> None:
    """No text of 20,000 characters takes more than seconds, however it is made."""
    text = (fragment * 20_000)[:20_000]
    started_at = time.process_time()
    clean(text)
    assert time.process_time() - started_at < 3
