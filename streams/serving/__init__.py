"""The serving role: the newest summary of every product, kept in Redis and answered over HTTP."""
