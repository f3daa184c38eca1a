"""The decision core: frozen values in, one Decision out. No clock, no I/O, no log; it refuses by raising Refusal."""
