"""The tables of a role: a copy on disk, and the changelog topic that any worker can restore it from.

Faust's own tables are not used: they are at least once, and restore 20 times slower (`reviewstream bench rolling`).
Here the changelog is part of the transaction that delivers a chunk, and the copy on disk is written after it: it
never holds what was not committed.
"""
