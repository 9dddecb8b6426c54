"""Kafka without Faust: how to connect, what topics there are, publishing to them and following them."""
