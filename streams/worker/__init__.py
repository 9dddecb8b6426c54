"""What every worker shares, whatever its role: life cycle, lag, metrics, readiness and the pages that tell them."""
