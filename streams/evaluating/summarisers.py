"""Who can be asked for texts by `evaluate summaries`."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from streams.evaluating.plain_summaries import plain
from streams.evaluating.summary_texts import EvaluatedSentence, EvaluatedText, ReadItem, Summariser
from streams.roles.generate.product_texts import Composer, load_composer
from streams.settings import Settings

#: So long that everything is phrased: what is measured is the texts, not the machine.
_NO_DEADLINE_S = 86_400.0


def _published(settings: Settings) -> Summariser:
    generation = settings.generation.model_copy(update={"batch_s": _NO_DEADLINE_S})
    return written_by(load_composer(settings.model_copy(update={"generation": generation})))


def _template(settings: Settings) -> Summariser:
    model = settings.model.model_copy(update={"generators": {}})
    return _published(settings.model_copy(update={"model": model}))


def _plain(_settings: Settings) -> Summariser:
    return lambda items: [plain(read) for read in items]


def written_by(composer: Composer) -> Summariser:
    """Texts as the generate role publishes them, of the length that a set's gold summaries have."""

    def texts(items: Sequence[ReadItem]) -> list[EvaluatedText]:
        # A set's items all want the same length.
        most_words = items[0].most_words if items else None
        made = composer.compose([read.snapshot for read in items], most_words=most_words)
        return [
            EvaluatedText(
                tuple(EvaluatedSentence.of(claim) for claim in one.claims),
            )
            for one in made
        ]

    return texts


#: By name. `published`: as the generate role writes them; `template`: the same without a generator; `plain`: whole
#: sentences of the reviews.
SUMMARISERS: Mapping[str, Callable[[Settings], Summariser]] = MappingProxyType(
    {"published": _published, "template": _template, "plain": _plain}
)
