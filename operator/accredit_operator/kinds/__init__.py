"""What users write, as they write it: the four kinds' structure. Their meaning is in `compile`."""
