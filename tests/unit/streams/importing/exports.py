"""Twelve exports: headers and habits are those of the platforms, the reviews are ours."""

# ruff: noqa: E501 - a row of a table stands on one line

import csv
import gzip
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Export:
    """An export, and what must come of it.

    Attributes:
        name: of the file.
        content: its bytes.
        preset: the one that is recognised; None: none.
        told: what is said of the file.
        reviews: what is published: the fields that are compared.
        made_ids: how many ids are made.
        refused: line to a part of the reason.
        skipped: how many rows are no reviews, by why not.
        options: for the command line, without which the file cannot be read wholly.
    """

    name: str
    content: bytes
    preset: str | None
    told: str
    reviews: Sequence[dict[str, Any]]
    made_ids: int = 0
    refused: dict[int, str] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    options: tuple[str, ...] = ()


def _table(header: str, *rows: Sequence[str], separator: str = ",", end: str = "\n") -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator=end)
    writer.writerow(header.split(separator))
    writer.writerows(rows)
    return text.getvalue()


YOTPO = Export(
    "yotpo-reviews.csv",
    _table(
        "appKey,Review ID,Review Creation Date,Review Type,Review Status,Review Score,Review Title,Review Content,"
        "Sentiment Score,Reviewer Display Name,Reviewer Email,Product ID,Product Title",
        [
            "k",
            "81",
            "2024-03-05T10:11:12.000Z",
            "product",
            "Published",
            "5",
            "Lovely",
            "Bright, and quiet.",
            "0.9",
            "T.",
            "t@example.com",
            "lamp-1",
            "Lamp",
        ],
        [
            "k",
            "82",
            "2024-03-06 09:00:00 UTC",
            "product",
            "Pending",
            "2",
            "Hmm",
            "The switch broke.\nSo did the shade.",
            "0.2",
            "A.",
            "a@example.com",
            "lamp-1",
            "Lamp",
        ],
        [
            "k",
            "83",
            "2024-03-07",
            "product",
            "Published",
            "4",
            "",
            "",
            "",
            "B.",
            "b@example.com",
            "lamp-1",
            "Lamp",
        ],
    ).encode(),
    "yotpo",
    "table, separated by commas, UTF-8",
    [
        {
            "review_id": "81",
            "product_id": "lamp-1",
            "rating": 5,
            "text": "Bright, and quiet.",
            "title": "Lovely",
            "created_at": "2024-03-05T10:11:12.000Z",
        },
        {
            "review_id": "82",
            "rating": 2,
            "text": "The switch broke.\nSo did the shade.",
            "created_at": "2024-03-06T09:00:00+00:00",
        },
        {"review_id": "83", "rating": 4, "created_at": "2024-03-07T00:00:00+00:00", "text": None},
    ],
)
JUDGEME = Export(
    "judgeme.csv",
    _table(
        "title,body,rating,review_date,source,curated,reviewer_name,reviewer_email,product_id,product_handle,reply,"
        "reply_date,picture_urls,ip_address,location",
        [
            "Great",
            "Warm, and it fits.",
            "5",
            "2021-05-04 12:34:56 UTC",
            "web",
            "ok",
            "Tess",
            "t@example.com",
            "777001",
            "wool-cap",
            "",
            "",
            "",
            "",
            "DE",
        ],
        [
            "Poor",
            "Seam ripped.",
            "1",
            "04/05/2021",
            "web",
            "ok",
            "Ann",
            "a@example.com",
            "777001",
            "wool-cap",
            "",
            "",
            "",
            "",
            "",
        ],
        [
            "Fine",
            "It is a cap.",
            "3",
            "31/12/2021",
            "email",
            "ok",
            "Bo",
            "b@example.com",
            "777001",
            "wool-cap",
            "Thanks, Bo!",
            "",
            "",
            "",
            "",
        ],
    ).encode(),
    "judgeme",
    "table, separated by commas, UTF-8",
    [
        {
            "product_id": "777001",
            "rating": 5,
            "text": "Warm, and it fits.",
            "title": "Great",
            "created_at": "2021-05-04T12:34:56+00:00",
        },
        {"rating": 1, "text": "Seam ripped.", "created_at": "2021-05-04T00:00:00+00:00"},
        {"rating": 3, "text": "It is a cap.", "created_at": "2021-12-31T00:00:00+00:00"},
    ],
    made_ids=3,
    options=("--day-first",),
)
LOOX = Export(
    "loox_reviews.csv",
    _table(
        "id,status,rating,email,nickname,full_name,review,date,productId,handle,img,variant,verified_purchase",
        [
            "l1",
            "Active",
            "5",
            "t@example.com",
            "Tess",
            "Tess T.",
            "Works every day 👍",
            "2024-11-05T08:00:00.000Z",
            "8123",
            "mug",
            "",
            "M",
            "true",
        ],
        [
            "l2",
            "Hidden",
            "3",
            "a@example.com",
            "",
            "Ann O.",
            "Does what it should.",
            "2024-11-05",
            "8123",
            "mug",
            "",
            "M",
            "false",
        ],
        ["l3", "Active", "5", "b@example.com", "", "Bo L.", "", "2024-10-01", "8124", "cup", "", "S", "true"],
    ).encode("utf-8-sig"),
    "loox",
    "table, separated by commas, UTF-8 with a byte-order mark",
    [
        {
            "review_id": "l1",
            "product_id": "8123",
            "rating": 5,
            "text": "Works every day 👍",
            "verified_purchase": True,
        },
        {"review_id": "l3", "product_id": "8124", "rating": 5, "text": None, "verified_purchase": True},
    ],
    skipped={"not shown in the shop": 1},
)
WOOCOMMERCE = Export(
    "product_reviews_export.csv",
    _table(
        "comment_ID,comment_post_ID,product_SKU,comment_author,comment_author_email,comment_date,comment_date_gmt,"
        "comment_content,comment_approved,comment_parent,user_id,rating,verified,title,product_title",
        [
            "11",
            "55",
            "",
            "Tess",
            "t@example.com",
            "2021-05-04 14:34:56",
            "2021-05-04 12:34:56",
            "It&#8217;s warm &amp; soft",
            "1",
            "0",
            "3",
            "5",
            "1",
            "",
            "Cap",
        ],
        [
            "12",
            "55",
            "",
            "Ann",
            "a@example.com",
            "2021-05-04 14:34:56",
            "2021-05-04 12:34:56",
            "<p>Itchy.</p>",
            "1",
            "0",
            "0",
            "0",
            "0",
            "",
            "Cap",
        ],
        [
            "13",
            "55",
            "",
            "Bo",
            "b@example.com",
            "2021-05-05 14:34:56",
            "",
            "Fine",
            "0",
            "0",
            "0",
            "",
            "no",
            "",
            "Cap",
        ],
        [
            "14",
            "55",
            "",
            "Shop",
            "",
            "2021-05-06 10:00:00",
            "",
            "Sorry, Ann.",
            "1",
            "12",
            "1",
            "",
            "",
            "",
            "Cap",
        ],
        [
            "15",
            "55",
            "",
            "x",
            "",
            "2021-05-06 10:00:00",
            "",
            "Buy pills",
            "spam",
            "0",
            "0",
            "5",
            "0",
            "",
            "Cap",
        ],
        [
            "16",
            "55",
            "",
            "y",
            "",
            "2021-05-06 10:00:00",
            "",
            "Buy more",
            "Trash",
            "0",
            "0",
            "5",
            "0",
            "",
            "Cap",
        ],
    ).encode(),
    "woocommerce",
    "table, separated by commas, UTF-8",
    [
        {
            "review_id": "11",
            "product_id": "55",
            "rating": 5,
            "verified_purchase": True,
            "created_at": "2021-05-04T12:34:56+00:00",
        },
        {"review_id": "12", "rating": None, "text": "<p>Itchy.</p>", "verified_purchase": False},
        {"review_id": "13", "rating": None, "created_at": "2021-05-05T14:34:56+02:00"},
    ],
    skipped={"replies of the shop": 1, "not shown in the shop": 2},
    options=("--timezone", "Europe/Berlin"),
)
SHOPIFY = Export(
    "product-reviews.csv.gz",
    gzip.compress(
        _table(
            "product_handle,state,rating,title,author,email,location,body,reply,created_at,replied_at",
            [
                "soap",
                "published",
                "4",
                "Agréable",
                "Ines K.",
                "i@example.com",
                "Lyon",
                "Mousse bien, sent bon.",
                "",
                "2023-06-01T10:00:00-04:00",
                "",
            ],
            [
                "soap",
                "unpublished",
                "1",
                "Nul",
                "Anon",
                "a@example.com",
                "",
                "Jamais reçu.",
                "",
                "2023-06-02 10:00:00 UTC",
                "",
            ],
        ).encode()
    ),
    "shopify",
    "table, separated by commas, UTF-8, gzip",
    [
        {"product_id": "soap", "rating": 4, "title": "Agréable", "created_at": "2023-06-01T10:00:00-04:00"},
    ],
    made_ids=1,
    skipped={"not shown in the shop": 1},
)
TRUSTPILOT = Export(
    "trustpilot.csv",
    _table(
        "Review Id;Review Created (UTC);Review Consumer User Id;Review Username;Review Title;Review Content;Review Stars;"
        "Source Of Review;Review Language;Domain Url;Webshop Name;Business Unit Id",
        [
            "t1",
            "2026-01-02 10:00:00",
            "u1",
            "Sam",
            "Great service",
            "Fast reply; kind too.",
            "5",
            "Invitation",
            "en",
            "shop.example.com",
            "Shop",
            "b1",
        ],
        [
            "t2",
            "2026-01-03 11:30:00",
            "u2",
            "Ana",
            "Schlecht",
            "Nie angekommen.",
            "1",
            "Organic",
            "de",
            "shop.example.com",
            "Shop",
            "b1",
        ],
        separator=";",
        end="\r\n",
    ).encode(),
    "trustpilot",
    "table, separated by semicolons, UTF-8",
    [
        {
            "review_id": "t1",
            "product_id": "shop.example.com",
            "rating": 5,
            "author_id": "u1",
            "language": "en",
            "created_at": "2026-01-02T10:00:00+00:00",
        },
        {"review_id": "t2", "rating": 1, "title": "Schlecht", "text": "Nie angekommen.", "language": "de"},
    ],
)
GOOGLE = Export(
    "reviews.json",
    json.dumps(
        {
            "reviews": [
                {
                    "reviewId": "g1",
                    "reviewer": {"displayName": "T"},
                    "starRating": "FIVE",
                    "comment": "Quick repair.",
                    "createTime": "2024-03-05T10:11:12.123456789Z",
                    "updateTime": "2024-03-05T10:11:12Z",
                },
                {
                    "reviewId": "g2",
                    "reviewer": {"displayName": "A"},
                    "starRating": "ONE",
                    "createTime": "2024-03-06T10:11:12Z",
                },
                {
                    "reviewId": "g3",
                    "starRating": "STAR_RATING_UNSPECIFIED",
                    "comment": "Shut today.",
                    "createTime": "2024-03-07T10:11:12Z",
                },
                {
                    "reviewId": "g4",
                    "starRating": "FOUR",
                    "comment": "(Translated by Google) Friendly, a bit dear.\n\n(Original)\nNett, etwas teuer.",
                    "createTime": "2024-03-08T10:11:12Z",
                },
                {
                    "reviewId": "g5",
                    "starRating": "TWO",
                    "comment": "Trop long.\n\n(Translated by Google)\nToo long.",
                    "createTime": "2024-03-09T10:11:12Z",
                },
            ],
            "averageRating": 3.0,
            "totalReviewCount": 3,
        },
        indent=2,
    ).encode(),
    "google",
    "JSON, UTF-8",
    [
        {
            "review_id": "g1",
            "product_id": "shop",
            "rating": 5,
            "created_at": "2024-03-05T10:11:12.123456+00:00",
        },
        {"review_id": "g2", "rating": 1, "text": None},
        {"review_id": "g3", "rating": None, "text": "Shut today."},
        {"review_id": "g4", "rating": 4, "text": "Nett, etwas teuer."},
        {"review_id": "g5", "rating": 2, "text": "Trop long."},
    ],
    options=("--set", "product_id=shop"),
)
AMAZON_PAGES = Export(
    "amazon-reviews.csv",
    _table(
        "asin,id,name,rating,date,verified,title,body",
        [
            "B00TEST001",
            "R1",
            "Tess",
            "5.0 out of 5 stars",
            "Reviewed in the United States on June 3, 2021",
            "True",
            "Quiet",
            "Very quiet fan.",
        ],
        [
            "B00TEST001",
            "R2",
            "Ann",
            "4,0 von 5 Sternen",
            "Rezension aus Deutschland vom 3. Juni 2021",
            "False",
            "Laut",
            "Der Lüfter ist laut.",
        ],
        [
            "B00TEST001",
            "R3",
            "Yu",
            "5つ星のうち1.0",
            "2021年6月3日に日本でレビュー済み",
            "True",
            "だめ",
            "うるさい。",
        ],
        [
            "B00TEST001",
            "R4",
            "Li",
            "3,0 sur 5 étoiles",
            "Commenté en France le 3 juin 2021",
            "True",
            "Bof",
            "Moyen.",
        ],
    ).encode(),
    "amazon",
    "table, separated by commas, UTF-8",
    [
        {
            "review_id": "R1",
            "product_id": "B00TEST001",
            "rating": 5,
            "created_at": "2021-06-03T00:00:00+00:00",
            "verified_purchase": True,
        },
        {
            "review_id": "R2",
            "rating": 4,
            "created_at": "2021-06-03T00:00:00+00:00",
            "verified_purchase": False,
        },
        {"review_id": "R3", "rating": 1, "created_at": "2021-06-03T00:00:00+00:00", "text": "うるさい。"},
        {"review_id": "R4", "rating": 3, "created_at": "2021-06-03T00:00:00+00:00"},
    ],
)
AMAZON_LINES = Export(
    "Home.jsonl",
    b"\n".join(
        json.dumps(row).encode()
        for row in (
            {
                "rating": 5.0,
                "title": "Soft",
                "text": "Soft and warm.",
                "images": [],
                "asin": "B01",
                "parent_asin": "B00",
                "user_id": "U1",
                "timestamp": 1588687728923,
                "helpful_vote": 0,
                "verified_purchase": True,
            },
            {
                "rating": 1.0,
                "title": "Thin",
                "text": "Too thin.",
                "images": [],
                "asin": "B01",
                "parent_asin": "B00",
                "user_id": "U2",
                "timestamp": 1588687729000,
                "helpful_vote": 3,
                "verified_purchase": False,
            },
            {
                "rating": 1.0,
                "title": "Thin",
                "text": "Too thin.",
                "images": [],
                "asin": "B01",
                "parent_asin": "B00",
                "user_id": "U2",
                "timestamp": 1588687729000,
                "helpful_vote": 4,
                "verified_purchase": False,
            },
        )
    ),
    "amazon",
    "JSONL, UTF-8",
    [
        {
            "product_id": "B01",
            "rating": 5,
            "author_id": "U1",
            "created_at": "2020-05-05T14:08:48.923000+00:00",
        },
        {"product_id": "B01", "rating": 1, "author_id": "U2", "text": "Too thin."},
    ],
    made_ids=3,
    refused={3: "stands in an earlier row"},
)
TAOBAO = Export(
    "评价导出.csv",
    _table(
        "订单编号,商品ID,商品名称,买家昵称,评价类型,评价内容,评价时间,追评内容",
        ["1001", "6601", "台灯", "t**s", "好评", "灯很亮，安装简单，物流也快。", "2024-06-18 20:30:00", ""],
        [
            "1002",
            "6601",
            "台灯",
            "a**n",
            "差评",
            "用了三天就不亮了，客服不理人。",
            "2024-06-19 08:00:00",
            "退货了",
        ],
        ["1003", "6601", "台灯", "b**o", "中评", "一般，没有想象的好。", "2024/6/20 9:05", ""],
    ).encode("gbk"),
    "taobao",
    "table, separated by commas, GBK (by its characters; --encoding decides)",
    [
        {
            "product_id": "6601",
            "rating": 5,
            "text": "灯很亮，安装简单，物流也快。",
            "created_at": "2024-06-18T20:30:00+08:00",
        },
        {"product_id": "6601", "rating": 1, "text": "用了三天就不亮了，客服不理人。"},
        {"product_id": "6601", "rating": 3, "created_at": "2024-06-20T09:05:00+08:00"},
    ],
    made_ids=3,
)
JD = Export(
    "京东评论.txt",
    _table(
        "评论ID\t商品编号\t会员\t星级\t评论内容\t评论时间",
        ["j1", "100048", "t***s", "5星", "声音清楚，\n降噪也不错", "2024-11-11 00:10:00"],
        ["j2", "100048", "a***n", "1星", '耳机有杂音，"客服"不回', "2024-11-12 12:00:00"],
        separator="\t",
        end="\r\n",
    ).encode("utf-16"),
    "jd",
    "table, separated by tabs, UTF-16 with a byte-order mark",
    [
        {
            "review_id": "j1",
            "product_id": "100048",
            "rating": 5,
            "text": "声音清楚，\n降噪也不错",
            "created_at": "2024-11-11T00:10:00+08:00",
        },
        {"review_id": "j2", "rating": 1, "text": '耳机有杂音，"客服"不回'},
    ],
)
EXCEL = Export(
    "bewertungen.csv",
    (
        "sep=;\r\n"
        + _table(
            "Nr;Artikel;Text;Sterne;Datum;Geprüft",
            ['="007"', "cap-2", "Warm, weich; größer als gedacht", "4,5", "04.05.2021 12:34", "WAHR"],
            ['="008"', "cap-2", 'Zu eng, "kratzt"', "1", "05.05.2021 08:00", "FALSCH"],
            ['="009"', "cap-2", "Nie da", "2", "gestern", "FALSCH"],
            separator=";",
            end="\r\n",
        )
    ).encode("cp1252"),
    None,
    "table, separated by semicolons, cp1252 (by its letters; --encoding decides)",
    [
        {
            "review_id": "007",
            "product_id": "cap-2",
            "rating": 4.5,
            "text": "Warm, weich; größer als gedacht",
            "created_at": "2021-05-04T12:34:00+02:00",
            "verified_purchase": True,
        },
        {"review_id": "008", "rating": 1, "text": 'Zu eng, "kratzt"', "verified_purchase": False},
    ],
    refused={5: "counts from a day that the file does not say"},
    options=(
        "--map",
        "review_id=Nr,product_id=Artikel,text=Text,rating=Sterne,created_at=Datum,verified_purchase=Geprüft",
        "--day-first",
        "--timezone",
        "Europe/Berlin",
    ),
)
EXPORTS = (
    YOTPO,
    JUDGEME,
    LOOX,
    WOOCOMMERCE,
    SHOPIFY,
    TRUSTPILOT,
    GOOGLE,
    AMAZON_PAGES,
    AMAZON_LINES,
    TAOBAO,
    JD,
    EXCEL,
)
