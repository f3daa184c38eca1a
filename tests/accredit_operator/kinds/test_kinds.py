from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from accredit_operator.kinds import KINDS
from accredit_operator.kinds.key_set import Jwk
from accredit_operator.kinds.mistakes import mistakes_in
from accredit_operator.kinds.resource import Metadata

TABLE = yaml.safe_load((Path(__file__).parent / "documents.yaml").read_text(encoding="utf-8"))


def test_it_is_taken(good_row):
    document = good_row["document"]
    taken = KINDS[document["kind"]].model_validate(document)
    assert taken.metadata.name == document["metadata"]["name"]


def test_it_is_refused_at_one_field(bad_row):
    kind = KINDS[bad_row["document"]["kind"]]
    with pytest.raises(ValidationError) as raised:
        kind.model_validate(bad_row["document"])
    assert [mistake.path for mistake in mistakes_in(raised.value, kind)] == [bad_row["at"]]


def test_defaults_are_those_of_the_api():
    issuer, policy = (_spec(name) for name in ("issuer", "policy"))
    assert (issuer.jwks.refresh_interval, issuer.jwks.max_stale) == ("5m", "24h")
    assert (issuer.token_types, issuer.max_token_lifetime, issuer.clock_skew) == (("at+jwt",), "1h", "5s")
    assert (issuer.claims.user, issuer.claims.scopes, issuer.claims.tenant) == ("sub", "scope", None)
    assert (policy.mode, policy.callers, policy.user_scopes) == ("Enforce", ("Delegated",), "Token")
    assert (policy.base_protocol, policy.denial_body, policy.max_staleness) == ("Allow", None, "0s")
    assert _spec("agent").max_chain_length == 4


def test_every_mistake_of_a_document_is_reported():
    document = {**_base("agent"), "spec": {"identities": [], "scopes": "a", "owner": None, "maxChainLength": 9}}
    kind = KINDS["AgentIdentity"]
    with pytest.raises(ValidationError) as raised:
        kind.model_validate(document)
    paths = {mistake.path for mistake in mistakes_in(raised.value, kind)}
    assert paths == {"spec.identities", "spec.scopes", "spec.owner", "spec.maxChainLength"}


def test_status_and_what_the_api_server_adds_to_metadata_are_not_read():
    document = _base("agent")
    document = {
        **document,
        "metadata": {**document["metadata"], "managedFields": [{"manager": "kubectl"}], "resourceVersion": "7"},
        "status": {"conditions": "none"},
    }
    assert KINDS["AgentIdentity"].model_validate(document) == KINDS["AgentIdentity"].model_validate(_base("agent"))


def test_a_creation_time_is_unix_seconds():
    assert Metadata.model_validate({"name": "a", "creationTimestamp": "2026-11-24T10:00:00Z"}).created_at == 1795514400


@pytest.mark.parametrize("metadata", [{"name": "a"}, {"name": "a", "creationTimestamp": None}])
def test_without_a_creation_time_there_is_none(metadata):
    assert Metadata.model_validate(metadata).created_at is None


def test_an_inline_key_keeps_its_own_members():
    key = {"kty": "EC", "x": "YQ", "key_ops": ["verify"], "x-note": {"a": [1]}}
    assert Jwk.model_validate(key).model_dump(exclude_unset=True, mode="json") == key


def _base(name):
    return TABLE["bases"][name]


def _spec(name):
    document = _base(name)
    return KINDS[document["kind"]].model_validate(document).spec
