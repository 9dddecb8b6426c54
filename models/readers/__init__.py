"""What reads a review: networks, heads, weights, labels, and what is done before them."""
