"""The enrich role: reviews to the models, enriched reviews out."""
