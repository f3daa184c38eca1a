"""The shell around the decision core: state and time live here and nowhere else."""
