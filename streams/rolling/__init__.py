"""What a product's reviews add up to: the rules on state and event, with no broker, clock or disk in them."""
