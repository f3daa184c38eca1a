"""A cluster with an operator and replicas in it, as far as a user sees them: publication, Leases, status."""

from accredit_extauthz.contract.codec import encode_head
from accredit_extauthz.contract.publication import BEAT_NAME, HEAD_NAME, Beat, encode_beat
from accredit_operator.compile.compile import compile_world
from accredit_operator.compile.objects import read_object
from accredit_operator.compile.shards import head_of
from accredit_operator.ports import CONFIG_MAPS, DECLARED, LEASES
from accredit_operator.world import Kind, World
from fakes.cluster import FakeCluster
from fakes.leading import replica_lease
from fakes.publication import config_map

HOME = "accredit-system"


class PublishedCluster(FakeCluster):
    """Objects are written with `declare`, published with `publish`, served with `serve`."""

    is_closed = False

    def close(self):
        self.is_closed = True

    def declare(self, *documents):
        for document in documents:
            self.apply(DECLARED[Kind(document["kind"])], document)

    def world(self):
        stored = [one for collection in DECLARED.values() for one in FakeCluster.list_all(self, collection).items]
        return World.of(read_object(one.document) for one in stored)

    def publish(self, sequence, written_at=0.0):
        """Compile what stands there and write it, the head last."""
        shards = compile_world(self.world()).shards
        head = head_of(shards, writer="test", sequence=sequence)
        beat = encode_beat(Beat(writer="test", sequence=sequence, written_at=written_at)).encode()
        for name, content in {**shards, BEAT_NAME: beat, HEAD_NAME: encode_head(head)}.items():
            self.apply(CONFIG_MAPS, config_map(name, content, namespace=HOME))

    def serve(self, name, sequence, renewed="1"):
        """Let a replica report."""
        self.apply(LEASES, replica_lease(name, sequence, renewed=renewed))


def deployment(environment, component="extauthz"):
    """One of the chart's Deployments, with the settings of its program."""
    labels = {"app.kubernetes.io/part-of": "accredit", "app.kubernetes.io/component": component}
    written = [{"name": name, "value": value} for name, value in environment.items()]
    pod = {"spec": {"containers": [{"name": component, "env": [*written, {"name": "POD", "valueFrom": {}}]}]}}
    metadata = {"name": f"accredit-{component}", "namespace": HOME, "labels": labels}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {"template": pod}}
