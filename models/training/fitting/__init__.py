"""One loop for everything that is trained: batches, schedule, clipping, mixed precision, early stopping, resuming."""
