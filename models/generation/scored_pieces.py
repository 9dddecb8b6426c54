"""Tokenizers whose GGUF files hold pieces with scores, as SentencePiece's BPE (Kudo and Richardson 2018) has them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, processors

from models.generation.gguf_files import BYTE_TOKEN, CONTROL_TOKEN, USER_TOKEN

_SPACE = "▁"
_NEVER_MERGED = frozenset({CONTROL_TOKEN, USER_TOKEN, BYTE_TOKEN})


def scored_tokenizer(fields: Mapping[str, Any]) -> Tokenizer:
    """The tokenizer of a file: no space before the text, bytes for unknown characters, the bos token first.

    Args:
        fields: the `tokenizer.ggml.*` of the file.
    """
    pieces: Sequence[str] = fields["tokenizer.ggml.tokens"]
    kinds: Sequence[int] = fields["tokenizer.ggml.token_type"]
    begin = fields["tokenizer.ggml.bos_token_id"]
    mergeable = {
        piece: score
        for piece, score, kind in zip(pieces, fields["tokenizer.ggml.scores"], kinds, strict=True)
        if kind not in _NEVER_MERGED
    }
    tokenizer = Tokenizer(
        models.BPE(
            {piece: index for index, piece in enumerate(pieces)},
            list(merges_of(mergeable)),
            unk_token=pieces[fields["tokenizer.ggml.unknown_token_id"]],
            fuse_unk=True,
            byte_fallback=True,
        )
    )
    tokenizer.normalizer = normalizers.Replace(" ", _SPACE)
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace(_SPACE, " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{pieces[begin]} $A", special_tokens=[(pieces[begin], begin)]
    )
    by_kind = list(zip(pieces, kinds, strict=True))
    tokenizer.add_special_tokens(
        [
            AddedToken(piece, special=True, normalized=False)
            for piece, kind in by_kind
            if kind == CONTROL_TOKEN
        ]
    )
    # Several spaces or line ends, and tags: one token wherever they stand.
    tokenizer.add_tokens(
        [AddedToken(piece, normalized=False) for piece, kind in by_kind if kind == USER_TOKEN]
    )
    return tokenizer


def merges_of(scores: Mapping[str, float]) -> Iterator[tuple[str, str]]:
    """The pairs of pieces that become a piece, in the order in which they do: best scores first.

    >>> list(merges_of({"a": -3.0, "b": -4.0, "ab": -1.0, "abb": -2.0, "c": -5.0}))
    [('a', 'b'), ('ab', 'b')]
    """
    for piece in sorted(scores, key=scores.__getitem__, reverse=True):
        for cut in range(1, len(piece)):
            if piece[:cut] in scores and piece[cut:] in scores:
                yield piece[:cut], piece[cut:]
