"""What happens without anybody asking: the scheduler and its tasks."""
