"""The greedy choice from each of many pools, and from one that may be large."""
