"""YAML files to objects: what the operator watches without a cluster, and what the command line reads."""

from accredit_operator.manifests.following import Follower
from accredit_operator.manifests.tree import Fault, Manifests, ManifestsUnreadable, compile_manifests, read_tree

__all__ = ["Fault", "Follower", "Manifests", "ManifestsUnreadable", "compile_manifests", "read_tree"]
