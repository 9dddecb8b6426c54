"""The rolling role: exact tables of what a product's reviews add up to; summaries, refreshes and alerts out."""
