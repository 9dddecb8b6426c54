"""Measures the configured models on a user's labelled file."""
