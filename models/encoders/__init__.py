"""Networks and features that turn text into vectors, and how text becomes their tokens."""
