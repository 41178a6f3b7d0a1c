"""One file for each step, in the order in which they build on one another."""
