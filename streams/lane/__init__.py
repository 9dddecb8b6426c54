"""The model lane: tokenise, forward and publish overlap, batches fill a token budget, a few threads own the device.

values          what goes in and comes out
lane            texts wait, are planned into batches, and are answered together
calls           calls of the model: a failing batch is cut until the guilty text is alone
planning        batches over token lengths (pure)
device_threads  threads that own a device, and can be given up when a call never returns
"""
