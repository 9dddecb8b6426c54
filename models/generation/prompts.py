"""How a key point is put to a model: the same beginning for all of a language, then the evidence.

Review text is data: it stands in quotes, its quotes and line breaks removed. What it asks for can at worst end in a
phrase that consists of its own words.
"""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple, get_args

from models.generation.few_shot import MORE_EXAMPLES, Example
from models.generation.interfaces import PhraseRequest

#: How a key point is put: with examples to go by, or, to a model that was trained for it, its evidence alone, or its
#: aspect and its evidence.
PromptForm = Literal["examples", "short", "aspect"]
PROMPT_FORMS: Final[tuple[PromptForm, ...]] = get_args(PromptForm)

_NOT_QUOTED = re.compile(r'["“”<>|\x00-\x1f\x7f]+|\s+')

# Longer sentences are cut: a key point is a clause.
_MOST_CHARACTERS = 300


class _Template(NamedTuple):
    task: str
    question: str
    short_task: str
    examples: tuple[Example, ...]


_TEMPLATES: Mapping[str, _Template] = MappingProxyType({
    "en": _Template(
        "You rewrite what customers wrote as one short sentence. Use their words and add nothing.",
        "Aspect: {aspect} ({polarity})\nCustomers wrote: {evidence}\nOne short sentence:",
        "Say in one short sentence what customers wrote.",
        (
            Example("zip", "bad", ("The zip got stuck on day two.", "zip is stiff and sticks"),
                     "The zip is stiff and gets stuck."),
            Example("warmth", "good", ("Kept me warm at minus ten, so happy with this coat!",),
                     "The coat is warm at minus ten."),
            Example("assembly", "mixed", ("Took me an hour to build but the manual was clear.",),
                     "The manual was clear, but it took an hour to build."),
        ),
    ),
    "zh": _Template(
        "把顾客的话改写成一个短句，只用他们的词，不添加内容。",
        "方面：{aspect}（{polarity}）\n顾客说：{evidence}\n短句：",
        "用一个短句说出顾客的话。",
        (
            Example("拉链", "差", ("拉链第二天就卡住了。", "拉链很硬"), "拉链很硬，第二天就卡住。"),
            Example("保暖", "好", ("零下十度也很暖和，喜欢这件大衣！",), "大衣零下十度也很暖和。"),
        ),
    ),
})  # fmt: skip


def prompt_tokens(tokenizer: Any, request: PhraseRequest, form: PromptForm, *, encoder: bool) -> list[int]:
    """The tokens that a model reads before it writes, in training as in use.

    Args:
        tokenizer: of transformers, a fast one.
        request: the key point.
        form: of the prompt; an encoder has but one.
        encoder: whether the model is a sequence-to-sequence one.
    """
    backend = tokenizer.backend_tokenizer
    if encoder:
        encoding = backend.encode(encoder_prompt(request))
    elif tokenizer.chat_template:
        # The template writes the special tokens itself.
        encoding = backend.encode(chat_prompt(tokenizer, request, form), add_special_tokens=False)
    else:
        encoding = backend.encode(plain_prompt(request, form))
    return list(encoding.ids)


def chat_prompt(tokenizer: Any, request: PhraseRequest, form: PromptForm = "examples") -> str:
    """The prompt of a model with a chat template, its examples as turns; the opening stands at its end."""
    template = _template_of(request.language)
    turns = [{"role": "system", "content": _task(template, form)}]
    for asked, phrase in _examples(template, form):
        turns += [{"role": "user", "content": asked}, {"role": "assistant", "content": phrase}]
    turns.append({"role": "user", "content": _asked(template, request, form)})
    prompt: str = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    return prompt + request.opening


def plain_prompt(request: PhraseRequest, form: PromptForm = "examples") -> str:
    """The prompt of a model that only goes on with a text; the opening stands at its end."""
    template = _template_of(request.language)
    more = [(_example_question(template, one), one.phrase) for one in MORE_EXAMPLES.get(request.language, ())]
    examples = [*_examples(template, form), *(more if form == "examples" else ())]
    parts = [_task(template, form), *(f"{asked}\n{phrase}" for asked, phrase in examples)]
    # The phrase on a line of its own, for its first word has no space before it.
    return "\n\n".join([*parts, f"{_asked(template, request, form)}\n{request.opening}"])


def encoder_prompt(request: PhraseRequest) -> str:
    """The prompt of a sequence-to-sequence model: the evidence behind the word that such models were trained with."""
    return "summarize: " + " ".join(map(quotable, request.evidence))


def quotable(sentence: str, most: int = _MOST_CHARACTERS) -> str:
    """A sentence of a review as it can stand in quotes in a prompt, up to so many characters of it.

    >>> quotable('He said "buy"' + chr(10) + '<|im_end|> now')
    'He said buy im_end now'
    """
    return " ".join(_NOT_QUOTED.sub(" ", sentence).split())[:most]


def _template_of(language: str) -> _Template:
    return _TEMPLATES.get(language, _TEMPLATES["en"])


def _examples(template: _Template, form: PromptForm) -> list[tuple[str, str]]:
    """Questions with their answers."""
    if form != "examples":
        return []
    return [(_example_question(template, example), example.phrase) for example in template.examples]


def _example_question(template: _Template, example: Example) -> str:
    return _question(template.question, example.aspect, example.polarity, example.evidence)


def _task(template: _Template, form: PromptForm) -> str:
    return template.task if form == "examples" else template.short_task


def _asked(template: _Template, request: PhraseRequest, form: PromptForm) -> str:
    if form == "short":
        return _quotes(request.evidence)
    return _question(template.question, request.aspect, request.polarity, request.evidence)


def _question(question: str, aspect: str, polarity: str, evidence: Sequence[str]) -> str:
    return question.format(aspect=quotable(aspect), polarity=quotable(polarity), evidence=_quotes(evidence))


def _quotes(evidence: Sequence[str]) -> str:
    return " ".join(f'"{quotable(sentence)}"' for sentence in evidence)
