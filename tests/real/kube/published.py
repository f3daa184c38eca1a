"""What a snapshot says, to those who read the publication and to those who serve it."""

from accredit_extauthz.contract.snapshot import Snapshot


def suspended_in(snapshot: Snapshot) -> set[str]:
    """The names of the agents that are suspended."""
    return {one.ref.name for one in snapshot.agents if one.suspended}
