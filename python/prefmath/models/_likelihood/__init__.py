"""The likelihood of choices: utilities of items, what was observed, and the problem they pose."""
