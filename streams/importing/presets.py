"""What shops' exports call the fields of a review, and how they are recognised: one table."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from streams.errors import ConfigurationError

AUTO, NO_PRESET = "auto", "none"


@dataclass(frozen=True, slots=True)
class Preset:
    """One kind of export.

    Attributes:
        name: for --preset, and the review's platform.
        signs: an export is recognised if all columns of one of these are there; names with a comma between them.
        columns: field to the columns it is taken from; the first that has a value counts.
        is_zero_unrated: whether 0 stars mean that nobody gave any.
        zone: of clocks that do not say theirs; "" is UTC.
        words: ratings in words of its own.
        replies: columns that are not 0 where a row answers another.
        statuses: columns that say whether the shop shows a row.
        holds_translations: whether a text may hold its translation too.
    """

    name: str
    signs: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    is_zero_unrated: bool = True
    zone: str = ""
    words: Mapping[str, float] = field(default_factory=dict)
    replies: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    holds_translations: bool = False

    def is_signed_by(self, columns: Iterable[str]) -> bool:
        """Whether an export with these columns is one of this kind."""
        names = set(map(simplified, columns))
        return any(names.issuperset(map(simplified, sign.split(", "))) for sign in self.signs)


def simplified(column: str) -> str:
    """A column's name without what exports vary in: capitals, spaces, marks.

    >>> simplified("Review Created (UTC)"), simplified("product_handle"), simplified("评价 内容")
    ('reviewcreatedutc', 'producthandle', '评价内容')
    """
    return "".join(filter(str.isalnum, column.casefold()))


_CHINESE_WORDS: Final = {"好评": 5.0, "中评": 3.0, "差评": 1.0}

#: In the order in which they are recognised: the ones with names of their own come first.
PRESETS: Final = (
    Preset(
        "yotpo",
        ("Review ID, Review Score, Review Content", "Review Title, Review Content, Review Score"),
        {
            "review_id": ("Review ID",),
            "product_id": ("Product ID", "SKU", "Product SKU"),
            "text": ("Review Content",),
            "title": ("Review Title",),
            "rating": ("Review Score",),
            "created_at": ("Review Creation Date", "Review Date", "Created At", "Date"),
            "verified_purchase": ("Verified Buyer", "Verified Purchase"),
            "language": ("Language",),
        },
        statuses=("Review Status",),
    ),
    Preset(
        "judgeme",
        ("body, rating, review_date, product_handle", "body, rating, review_date, reviewer_email"),
        {
            "review_id": ("review_id", "id"),
            "product_id": ("product_id", "product_handle"),
            "text": ("body",),
            "title": ("title",),
            "rating": ("rating",),
            "created_at": ("review_date",),
            "verified_purchase": ("verified", "verified_buyer"),
        },
        statuses=("curated",),
    ),
    Preset(
        "loox",
        ("productId, customerName, rating, reviewText", "rating, nickname, review, date, productId, handle"),
        {
            "review_id": ("id", "reviewId"),
            "product_id": ("productId", "handle"),
            "text": ("reviewText", "review"),
            "rating": ("rating",),
            "created_at": ("createdAt", "date"),
            "verified_purchase": ("verified_purchase", "verifiedPurchase"),
        },
        statuses=("status",),
    ),
    Preset(
        "woocommerce",
        ("comment_ID, comment_post_ID, comment_content", "comment_post_ID, comment_content, rating"),
        {
            "review_id": ("comment_ID",),
            "product_id": ("comment_post_ID", "product_SKU"),
            "text": ("comment_content",),
            "title": ("title",),
            "rating": ("rating",),
            "created_at": ("comment_date_gmt", "comment_date"),
            "verified_purchase": ("verified",),
        },
        replies=("comment_parent",),
        statuses=("comment_approved",),
    ),
    Preset(
        "shopify",
        ("product_handle, state, rating, title, author, body, created_at",),
        {
            "product_id": ("product_handle",),
            "text": ("body",),
            "title": ("title",),
            "rating": ("rating",),
            "created_at": ("created_at",),
        },
        statuses=("state",),
    ),
    Preset(
        "trustpilot",
        ("Review Id, Review Stars, Review Content", "Review Stars, Review Created (UTC)"),
        {
            "review_id": ("Review Id",),
            "product_id": (
                "Product Id",
                "Product SKU",
                "SKU",
                "Domain Url",
                "Business Unit Id",
                "Webshop Name",
            ),
            "text": ("Review Content",),
            "title": ("Review Title",),
            "rating": ("Review Stars",),
            "created_at": ("Review Created (UTC)", "Review Created"),
            "author_id": ("Review Consumer User Id",),
            "language": ("Review Language",),
        },
    ),
    Preset(
        "google",
        ("reviewId, starRating, createTime", "starRating, comment"),
        {
            "review_id": ("reviewId",),
            "product_id": ("productId", "locationName", "locationId", "storeCode"),
            "text": ("comment",),
            "rating": ("starRating",),
            "created_at": ("createTime",),
        },
        holds_translations=True,
    ),
    Preset(
        "amazon",
        (
            "asin, rating, body",
            "ProductId, Score, Text",
            "asin, overall, reviewText",
            "asin, rating, text, user_id",
            "review_id, product_id, star_rating, review_body",
        ),
        {
            "review_id": ("review_id", "id"),
            "product_id": ("asin", "ProductId", "product_id", "parent_asin"),
            "text": ("body", "reviewText", "review_body", "text"),
            "title": ("title", "Summary", "review_headline"),
            "rating": ("rating", "Score", "overall", "star_rating"),
            "created_at": ("date", "timestamp", "unixReviewTime", "Time", "review_date"),
            "author_id": ("UserId", "user_id", "reviewerID", "customer_id"),
            "verified_purchase": ("verified_purchase", "verified"),
            "incentivised": ("vine",),
        },
    ),
    Preset(
        "taobao",
        (
            "商品ID, 评价内容",
            "宝贝ID, 评价内容",
            "auctionId, rateContent",
            "good_id, rateContent",
            "rateContent, rateDate",
        ),
        {
            "review_id": ("评价ID", "评价编号", "rateId", "id"),
            "product_id": ("商品ID", "宝贝ID", "auctionId", "itemId", "good_id"),
            "text": ("评价内容", "rateContent"),
            "rating": ("评分", "星级", "评价类型", "评价结果", "rate"),
            "created_at": ("评价时间", "评价日期", "rateDate"),
        },
        zone="Asia/Shanghai",
        words=_CHINESE_WORDS,
    ),
    Preset(
        "jd",
        (
            "商品编号, 评论内容",
            "商品ID, 评论内容",
            "referenceId, content, score",
            "content, creationTime, score",
        ),
        {
            "review_id": ("评论ID", "评论编号", "guid", "id"),
            "product_id": ("商品编号", "商品ID", "referenceId", "productId"),
            "text": ("评论内容", "content"),
            "rating": ("评分", "星级", "评价星级", "score"),
            "created_at": ("评论时间", "评论日期", "creationTime"),
        },
        zone="Asia/Shanghai",
        words=_CHINESE_WORDS,
    ),
)
PRESET_NAMES: Final = (AUTO, NO_PRESET, *(preset.name for preset in PRESETS))

#: Columns that say who wrote a review. They are used for nothing but to tell reviews without an id apart.
AUTHOR_COLUMNS: Final = frozenset(
    {
        *map(
            simplified,
            ("reviewer_name", "reviewer_email", "author", "author_id", "email", "customerName", "nickname"),
        ),
        *map(
            simplified,
            ("full_name", "Reviewer Display Name", "Reviewer Email", "comment_author", "user_id", "UserId"),
        ),
        *map(
            simplified,
            ("comment_author_email", "ProfileName", "Review Username", "reviewerName", "reviewerID"),
        ),
        *map(
            simplified,
            ("Review Consumer User Id", "displayUserNick", "用户昵称", "买家昵称", "会员", "会员名", "用户"),
        ),
    }
)


def preset_named(name: str) -> Preset:
    """The preset of a name.

    Raises:
        ConfigurationError: there is none.
    """
    for preset in PRESETS:
        if preset.name == name:
            return preset
    raise ConfigurationError(f"--preset: wanted one of {', '.join(PRESET_NAMES)}, got {name!r}")


def preset_for(name: str, columns: Iterable[str]) -> Preset | None:
    """The preset of a name; "auto": the one whose signs the columns carry, if any; "none": none.

    Raises:
        ConfigurationError: there is none of this name.
    """
    if name == NO_PRESET:
        return None
    return recognised(columns) if name == AUTO else preset_named(name)


def preset_columns(preset: Preset, present: Iterable[str], fields: Iterable[str]) -> dict[str, str]:
    """Which of the columns that are there a preset takes each field from, where there is one."""
    names = list(present)
    found = {}
    for name in fields:
        there = present_of(names, preset.columns.get(name, ()))
        if there:
            found[name] = there[0]
    return found


def present_of(present: Iterable[str], columns: Iterable[str]) -> tuple[str, ...]:
    """Those of a preset's columns that are there, as the file calls them; of two that are spelt alike the first.

    >>> present_of(["Review ID", "Text"], ("review_id", "id"))
    ('Review ID',)
    """
    known: dict[str, str] = {}
    for name in present:
        known.setdefault(simplified(name), name)
    return tuple(known[simple] for simple in map(simplified, columns) if simple in known)


def recognised(columns: Iterable[str]) -> Preset | None:
    """The preset whose signs these columns carry, if any."""
    names = list(columns)
    return next((preset for preset in PRESETS if preset.is_signed_by(names)), None)
