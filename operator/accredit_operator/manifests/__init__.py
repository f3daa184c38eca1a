"""YAML files to objects: what the operator watches without a cluster, and what the command line reads."""

from accredit_operator.manifests.tree import Manifests, ManifestsUnreadable, compile_manifests, read_tree

__all__ = ["Manifests", "ManifestsUnreadable", "compile_manifests", "read_tree"]
