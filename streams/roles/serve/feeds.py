"""What is served: each topic with the store in Redis that it is read into."""

from redis.asyncio import Redis

from schemas.topics import PRODUCT_SUMMARY, ROLLING_STATE
from streams.roles.serve.materialiser import Feed
from streams.roles.serve.records import Change, change_of
from streams.roles.serve.review_lists import ReviewChange, ReviewLists, review_change_of
from streams.roles.serve.store import ProductStore
from streams.settings import Settings


class Feeds:
    """The summaries and the lists of reviews, each of its topic."""

    def __init__(self, redis: "Redis", settings: Settings) -> None:
        prefix, names = settings.serving.key_prefix, settings.kafka.names
        self.products = ProductStore(redis, prefix)
        self.lists = ReviewLists(redis, prefix)
        self.summaries: Feed[Change] = Feed(
            names(PRODUCT_SUMMARY.name), self.products, change_of, lambda change: change.product_id
        )
        self.reviews: Feed[ReviewChange] = Feed(
            names(ROLLING_STATE),
            self.lists,
            review_change_of,
            lambda change: (change.product_id, change.review_id),
        )
