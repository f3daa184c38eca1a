"""The control plane: compiles what users declare into the snapshot that the data plane serves."""
