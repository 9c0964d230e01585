"""What sbdash costs, measured beside what the same work costs bare."""
