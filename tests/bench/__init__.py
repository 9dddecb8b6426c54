"""The benchmark: our enrich role beside the bare model and beside what others would write, in one run.

enrich      the run: phases, repeats, and what comes of them
reviews     what is measured on: reviews with lengths like real ones, or a file of one's own
brokers     which broker it runs on
contenders  who takes part, and how each is started
drain       a filled topic, emptied by one contender, and recounted
latency     open-loop load, and the ideal batcher on the same arrivals
stages      where the CPU time of the costless pipeline goes
gpu         readers, generator and training steps on an accelerator, beside their bare networks
safety      kills and poison, ours beside the naive agents
report      medians, ratios, tables;  figure: the same as a picture
ours        our side: the bare model, the costless worker
baselines   the other side, each as its documentation shows; run by an interpreter of its own where it must be
"""
