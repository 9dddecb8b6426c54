"""The words that outputs use today. None of these lists is closed: a reader must accept words that are not in it.

What a request may say is closed, and so is a status on which other fields depend: those are `Literal` where they
stand.
"""

from typing import Annotated, Literal, get_args

from schemas.fields import Known, Label

AspectName = Literal[
    "quality",
    "performance",
    "design",
    "size_and_fit",
    "ease_of_use",
    "price_and_value",
    "delivery",
    "packaging",
    "customer_service",
    "authenticity",
    "taste_and_smell",
    "content",
    "safety",
    "ambience",
    "other",
]
ASPECTS: tuple[AspectName, ...] = get_args(AspectName)
MaskKindName = Literal[
    "email",
    "phone",
    "id_number",
    "card_number",
    "bank_account",
    "address",
    "network_address",
    "licence_plate",
    "wechat",
    "qq",
    "messenger",
]
MASK_KINDS: tuple[MaskKindName, ...] = get_args(MaskKindName)
FlagKindName = Literal["spam", "too_short", "offensive", "rating_mismatch", "incentivised"]
FLAG_KINDS: tuple[FlagKindName, ...] = get_args(FlagKindName)
HOLDERS = ("reviewer", "former_product", "expectation", "somebody_else")
SENTIMENT_BASES = ("text", "text_and_stars", "stars")
CLAIM_METHODS = ("template", "generated")
TEXT_METHODS = ("extractive", "generated")
REFRESH_REASONS = (
    "first_reviews",
    "new_reviews",
    "sentiment_shift",
    "evidence_removed",
    "age",
    "requested",
)
COPY_REFRESH_REASONS = ("first_seen", "product_changed", "reviews_changed", "evidence_removed", "requested")
ALERT_KINDS = ("negative_surge", "one_star_surge", "aspect_surge", "lookalike_surge")
EVIDENCE_KINDS = ("review", "attribute", "request")
COPY_METHODS = ("composed", "held", "free", "edited")
COPY_CHECKS = (
    "unsupported",
    "number",
    "polarity",
    "banned_word",
    "personal_data",
    "offensive",
    "link",
    "instruction",
    "house_rule",
    "length",
    "markup",
    "repetition",
)
REFUSAL_KINDS = ("unknown_product", "too_few_facts", "unsafe_request", "unsupported_language", "timed_out")
APPROVALS = ("not_required", "held", "approved", "rejected")
AD_OBSTACLES = ("alert_stands", "too_few_reviews", "mostly_negative", "copy_held", "no_description")
AUDIT_ACTIONS = ("replayed", "retried", "dropped", "erased", "promoted", "rolled_back", "decided")
AUDIT_OUTCOMES = ("done", "partly", "refused", "failed")
UNITS = ("reviews-en", "reviews-zh", "phrases-en")

Aspect = Annotated[Label, Known(ASPECTS)]
Holder = Annotated[Label, Known(HOLDERS)]
SentimentBasis = Annotated[Label, Known(SENTIMENT_BASES)]
MaskKind = Annotated[Label, Known(MASK_KINDS)]
FlagKind = Annotated[Label, Known(FLAG_KINDS)]
ClaimMethod = Annotated[Label, Known(CLAIM_METHODS)]
TextMethod = Annotated[Label, Known(TEXT_METHODS)]
RefreshReason = Annotated[Label, Known(REFRESH_REASONS)]
CopyRefreshReason = Annotated[Label, Known(COPY_REFRESH_REASONS)]
AlertKind = Annotated[Label, Known(ALERT_KINDS)]
EvidenceKind = Annotated[Label, Known(EVIDENCE_KINDS)]
CopyMethod = Annotated[Label, Known(COPY_METHODS)]
CopyCheck = Annotated[Label, Known(COPY_CHECKS)]
RefusalKind = Annotated[Label, Known(REFUSAL_KINDS)]
Approval = Annotated[Label, Known(APPROVALS)]
AdObstacle = Annotated[Label, Known(AD_OBSTACLES)]
AuditAction = Annotated[Label, Known(AUDIT_ACTIONS)]
AuditOutcome = Annotated[Label, Known(AUDIT_OUTCOMES)]
