"""Every word that the operator says to the API server, but for the watches of its framework."""

from accredit_operator.cluster.api import KubernetesCluster, connect

__all__ = ["KubernetesCluster", "connect"]
