"""What the counts say: response times, their outliers and changes; reports."""
