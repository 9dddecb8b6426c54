"""How a key point is put to a model: the same beginning for all of a language, then the evidence.

Review text is data: it stands in quotes, its quotes and line breaks removed. What it asks for can at worst end in a
phrase that consists of its own words.
"""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from models.generation.few_shot import MORE_EXAMPLES, Example
from models.generation.interfaces import PhraseRequest

_NOT_QUOTED = re.compile(r'["“”<>|\x00-\x1f\x7f]+|\s+')

# Longer sentences are cut: a key point is a clause.
_MOST_CHARACTERS = 300


class _Template(NamedTuple):
    task: str
    question: str
    examples: tuple[Example, ...]


_TEMPLATES: Mapping[str, _Template] = MappingProxyType({
    "en": _Template(
        "You rewrite what customers wrote as one short sentence. Use their words and add nothing.",
        "Aspect: {aspect} ({polarity})\nCustomers wrote: {evidence}\nOne short sentence:",
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
        (
            Example("拉链", "差", ("拉链第二天就卡住了。", "拉链很硬"), "拉链很硬，第二天就卡住。"),
            Example("保暖", "好", ("零下十度也很暖和，喜欢这件大衣！",), "大衣零下十度也很暖和。"),
        ),
    ),
})  # fmt: skip


def chat_prompt(tokenizer: Any, request: PhraseRequest) -> str:
    """The prompt of a model with a chat template, its examples as turns; the opening stands at its end."""
    template = _template_of(request.language)
    turns = [{"role": "system", "content": template.task}]
    for example in template.examples:
        turns += [
            {
                "role": "user",
                "content": _question(template, example.aspect, example.polarity, example.evidence),
            },
            {"role": "assistant", "content": example.phrase},
        ]
    asked = _question(template, request.aspect, request.polarity, request.evidence)
    turns.append({"role": "user", "content": asked})
    prompt: str = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    return prompt + request.opening


def plain_prompt(request: PhraseRequest) -> str:
    """The prompt of a model that only goes on with a text; the opening stands at its end."""
    template = _template_of(request.language)
    parts = [template.task]
    for example in (*template.examples, *MORE_EXAMPLES.get(request.language, ())):
        asked = _question(template, example.aspect, example.polarity, example.evidence)
        parts.append(f"{asked}\n{example.phrase}")
    asked = _question(template, request.aspect, request.polarity, request.evidence)
    # The phrase on a line of its own, for its first word has no space before it.
    return "\n\n".join([*parts, f"{asked}\n{request.opening}"])


def encoder_prompt(request: PhraseRequest) -> str:
    """The prompt of a sequence-to-sequence model: the evidence behind the word that such models were trained with."""
    return "summarize: " + " ".join(map(quotable, request.evidence))


def quotable(sentence: str) -> str:
    """A sentence of a review as it can stand in quotes in a prompt.

    >>> quotable('He said "buy"' + chr(10) + '<|im_end|> now')
    'He said buy im_end now'
    """
    return " ".join(_NOT_QUOTED.sub(" ", sentence).split())[:_MOST_CHARACTERS]


def _template_of(language: str) -> _Template:
    return _TEMPLATES.get(language, _TEMPLATES["en"])


def _question(template: _Template, aspect: str, polarity: str, evidence: Sequence[str]) -> str:
    quotes = " ".join(f'"{quotable(sentence)}"' for sentence in evidence)
    return template.question.format(aspect=quotable(aspect), polarity=quotable(polarity), evidence=quotes)
