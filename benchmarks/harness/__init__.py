"""What scripts/bench is made of: the rows, how they are measured, and how results are shown."""
