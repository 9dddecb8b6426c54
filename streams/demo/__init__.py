"""The demonstration: a catalogue written for it, published, followed and summed up."""
