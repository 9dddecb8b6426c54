"""Our side of the benchmark: the bare model, and the real worker with a model that costs nothing."""
