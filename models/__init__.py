"""The networks: torch and transformers, synchronous; no Kafka, no event loop, no environment."""
