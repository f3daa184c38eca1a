"""Who leads, among the operators of one cluster: an election over one Lease (coordination.k8s.io/v1)."""

from accredit_operator.lease.candidate import Candidate, Standing
from accredit_operator.lease.leadership import Leadership, LeaseLost, own_identity
from accredit_operator.lease.moves import Terms

__all__ = ["Candidate", "Leadership", "LeaseLost", "Standing", "Terms", "own_identity"]
