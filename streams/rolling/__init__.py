"""What a product's reviews add up to: pure functions of (state, event), with no broker, clock or disk in them."""
