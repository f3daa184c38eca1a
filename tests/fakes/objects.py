"""Documents as users write them, and what they compile to."""

from collections.abc import Mapping
from typing import Any

from accredit_extauthz.contract.codec import decode_document, encode_document
from accredit_extauthz.contract.snapshot import AgentRecord, IssuerRecord, Key, PolicyRecord, RevocationRecord, Snapshot
from accredit_operator.compile.compile import Compiled, compile_world
from accredit_operator.compile.objects import read_object
from accredit_operator.compile.premises import MANIFESTS, Premises
from accredit_operator.compile.shards import head_of
from accredit_operator.compile.verdict import ConditionReason, Verdict
from accredit_operator.world import NamespaceFacts, World

Raw = dict[str, Any]

JWK = {  # RFC 7515 appendix A.3
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    "kid": "k1",
    "alg": "ES256",
}


def document(kind: str, name: str, spec: Mapping[str, Any], **metadata: Any) -> Raw:
    """One object. A spec member that is `...` is left out."""
    written = {member: value for member, value in spec.items() if value is not ...}
    return {
        "apiVersion": "accredit.dev/v1alpha1",
        "kind": kind,
        "metadata": {"name": name, **metadata},
        "spec": written,
    }


def issuer(name: str = "corp-idp", *, created: str | None = None, **spec: Any) -> Raw:
    """A TrustedIssuer that is in order, but for the changes."""
    whole = {
        "issuer": "https://idp.example",
        "jwks": {"source": "Inline", "inline": {"keys": [JWK]}},
        "algorithms": ["ES256"],
        "claims": {"layout": "ActClaim"},
        "allowedNamespaces": {"from": "All"},
    }
    return document("TrustedIssuer", name, whole | spec, **_created(created))


def identity(subject: str = "agent:planner", issuer_name: str = "corp-idp") -> Raw:
    return {"issuerRef": {"name": issuer_name}, "subject": subject}


def agent(name: str = "planner", namespace: str = "research", *, created: str | None = None, **spec: Any) -> Raw:
    """An AgentIdentity that is in order, but for the changes."""
    whole = {"identities": [identity(f"agent:{name}")], "scopes": ["tool:crm:*"]}
    return document("AgentIdentity", name, whole | spec, namespace=namespace, **_created(created))


def host(*names: str, paths: list[str] | None = None) -> Raw:
    """A Host target."""
    return {"type": "Host", "host": {"names": list(names), **({"paths": paths} if paths else {})}}


ALLOW = {"name": "read", "effect": "Allow", "mcp": {"methods": ["tools/call"], "tools": ["get"]}, "scopes": ["s"]}
DENY = {"name": "no-delete", "effect": "Deny", "mcp": {"methods": ["tools/call"], "tools": ["delete"]}}
ALLOW_HTTP = {"name": "get", "effect": "Allow", "http": {"methods": ["GET"], "paths": ["/**"]}, "scopes": ["s"]}


def policy(name: str = "crm", namespace: str = "tools", *, created: str | None = None, **spec: Any) -> Raw:
    """A ToolPolicy that is in order, but for the changes."""
    whole = {
        "targets": [host("mcp.example")],
        "protocol": "MCP",
        "issuers": [{"name": "corp-idp"}],
        "audiences": ["https://crm.example"],
        "rules": [ALLOW],
    }
    return document("ToolPolicy", name, whole | spec, namespace=namespace, **_created(created))


def revocation(name: str = "lost", namespace: str = "accredit-system", **spec: Any) -> Raw:
    """A Revocation of just this spec."""
    return document("Revocation", name, spec, namespace=namespace)


def _created(created: str | None) -> dict[str, str]:
    return {} if created is None else {"creationTimestamp": created}


def world(*documents: Raw, namespaces: tuple[NamespaceFacts, ...] = ()) -> World:
    """The world of these documents."""
    return World.of(map(read_object, documents), namespaces)


class Outcome:
    """A compilation, as a reader of the snapshot and of the conditions sees it."""

    def __init__(
        self,
        *documents: Raw,
        premises: Premises = MANIFESTS,
        namespaces: tuple[NamespaceFacts, ...] = (),
        keys: Mapping[str, tuple[Key, ...]] | None = None,
    ) -> None:
        self.compiled: Compiled = compile_world(world(*documents, namespaces=namespaces), premises, keys or {})
        head = head_of(self.compiled.shards, writer="test", sequence=1)
        self.snapshot: Snapshot = decode_document(encode_document(head, self.compiled.shards))

    def verdict(self, name: str) -> Verdict:
        """The verdict on the one object of this name."""
        (found,) = (verdict for verdict in self.compiled.verdicts if verdict.key.name == name)
        return found

    def reasons(self, name: str) -> list[tuple[str, ConditionReason]]:
        """Field and reason of each problem of an object."""
        return [(problem.field, problem.reason) for problem in self.verdict(name).problems]

    def noted(self, name: str) -> list[str]:
        """The fields of an object's notes."""
        return [note.field for note in self.verdict(name).notes]

    def issuer(self, name: str = "corp-idp") -> IssuerRecord:
        (found,) = (record for record in self.snapshot.issuers if record.name == name)
        return found

    def agent(self, name: str = "planner", namespace: str = "research") -> AgentRecord:
        (found,) = (record for record in self.snapshot.agents if str(record.ref) == f"{namespace}/{name}")
        return found

    def policy(self, name: str = "crm", namespace: str = "tools") -> PolicyRecord:
        (found,) = (record for record in self.snapshot.policies if str(record.ref) == f"{namespace}/{name}")
        return found

    def standings(self, name: str = "crm", namespace: str = "tools") -> dict[str, str]:
        """Place -> standing of a policy; a place is host, host/path or principal."""
        return {
            (target.principal if hasattr(target, "principal") else target.host + target.path): str(target.standing)
            for target in self.policy(name, namespace).targets
        }

    def revocation(self, name: str = "lost") -> RevocationRecord:
        (found,) = (record for record in self.snapshot.revocations if record.name == name)
        return found

    def owners(self) -> dict[str, str]:
        """Host pattern -> namespace, without the names of services."""
        return {owner.pattern: owner.namespace for owner in self.snapshot.owners if ".svc" not in owner.pattern}
