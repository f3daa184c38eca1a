"""Objects in, snapshot and verdicts out. Pure: a function of the current objects alone."""
