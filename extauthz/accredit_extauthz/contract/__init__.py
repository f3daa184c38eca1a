"""All that the two planes share: the snapshot's records, their bytes, and the grammars in them. Pure."""
