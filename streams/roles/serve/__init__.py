"""The serve role: the newest of every product in Redis, and answers from it."""
