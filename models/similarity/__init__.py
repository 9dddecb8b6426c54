"""Which texts say the same: signatures of words, bits of meaning."""
