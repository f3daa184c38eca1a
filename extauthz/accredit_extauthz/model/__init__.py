"""The values of one request: what was asked, what was proved, what was decided. Pure and frozen."""
