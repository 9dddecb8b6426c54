"""Phrase key points in words with a small language model that may only use the words of its evidence."""
