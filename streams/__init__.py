"""Kafka, time, threads and the environment: the roles that carry events through the models."""
