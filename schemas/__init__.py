"""Event contracts: what every topic carries. Frozen pydantic models, no torch, no Kafka."""
