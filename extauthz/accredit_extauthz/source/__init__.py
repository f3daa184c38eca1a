"""How a snapshot arrives."""
