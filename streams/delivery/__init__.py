"""Chunks of raw records in, effects acknowledged by the broker out, offsets moved only behind them.

Kafka hands records over a chunk a partition at a time, and so does this package, with Faust doing
groups, rebalances, the life cycle and commits:

    faust_driver    the one module that touches Faust's internals: fetches chunks, commits what is done
    faust_settings  its settings, from code alone
    faust_app       the app that runs on it, its defaults set right
    intake          leases on partitions, the chunks waiting and in flight (no Faust, no Kafka)
    pump            runs chunks through a handler, several at once, delivers them in order per partition
    sink            what makes effects real: at_least_once, or exactly_once with one transaction a delivery
    batches         effects as batches of bytes, dead_letters among them, within the sizes that topics take
    committed       what the group has committed, known for certain
    probe           finds out which of the two a broker can do
"""
