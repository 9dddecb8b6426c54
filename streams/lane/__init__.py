"""The model lane: tokenise, forward and publish overlap, batches fill a token budget, a few threads own the device.

values          what goes in and comes out
lane            texts wait, are planned into batches, and are answered together
calls           calls of the model: a failing batch is cut until the guilty text is alone
planning        batches over token lengths (pure)
at_once         the same batches without the lane, for whoever has all texts at once
loading         the configured readers, loaded when they are asked for
device_threads  threads that own a device, and can be given up when a call never returns
"""
