"""The command line: the same compiler and the same decision code, offline."""
