"""Scenarios: objects, a request and a time, and the decision they must lead to, by the server's own code."""
