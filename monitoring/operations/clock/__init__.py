"""What happens because time passes, and nothing else."""
