"""The roles: what each is made of, put together in the order it starts."""
