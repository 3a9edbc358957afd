"""Whether the data determine what is asked of them, and what is said where they do not."""
