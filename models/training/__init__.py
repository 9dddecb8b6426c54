"""Making the weights that the built-in models ship with."""
