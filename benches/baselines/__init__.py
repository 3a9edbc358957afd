"""What prefmath is timed against: the same work in NumPy, written as its author would."""
