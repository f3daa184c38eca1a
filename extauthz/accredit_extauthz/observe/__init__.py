"""What operators see of the process: metrics and log lines."""
