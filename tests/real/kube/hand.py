"""Publishes by hand, as the operator does: shards that are written once, then the head, then a beat now and then."""

import time

from accredit_extauthz.contract.publication import BEAT_NAME, HEAD_NAME
from fakes.publication import Publication, beat, config_map
from real.kube.admin import Admin, Answer


class Hand:
    """Writes the parts of publications into a namespace."""

    def __init__(self, kube: Admin, namespace: str) -> None:
        self._kube = kube
        self._namespace = namespace
        self._path = f"/api/v1/namespaces/{namespace}/configmaps"

    def publish(self, published: Publication) -> float:
        """Write a publication; return the monotonic time at which the PUT of the head began."""
        for name, content in published.shards.items():
            self.write_shard(name, content)
        begun_at = time.monotonic()
        self.write(HEAD_NAME, published.contents()[HEAD_NAME])
        return begun_at

    def write_shard(self, name: str, content: bytes) -> None:
        written = config_map(name, content, namespace=self._namespace)
        self._kube.request("POST", self._path, {**written, "immutable": True})

    def write(self, name: str, content: bytes) -> None:
        """Put a part in place of what stands there."""
        written = config_map(name, content, namespace=self._namespace)
        try:
            self._kube.request("PUT", f"{self._path}/{name}", written)
        except Answer as answer:
            if answer.status != 404:
                raise
            self._kube.request("POST", self._path, written)

    def beat(self, sequence: int) -> None:
        self.write(BEAT_NAME, beat(sequence, time.monotonic()))

    def delete(self, name: str) -> None:
        self._kube.request("DELETE", f"{self._path}/{name}")
