"""The models without Kafka: one review explained, a file of comments summarised, texts asked about."""
