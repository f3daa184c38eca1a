"""Envoy's configuration as typed messages: one listener that asks Accredit about every request."""
