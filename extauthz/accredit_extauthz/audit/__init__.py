"""The audit trail: what a record says, and where it is kept."""
