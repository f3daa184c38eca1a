"""What the command line reads from a cluster and writes to it: as its user, with its user's rights."""
