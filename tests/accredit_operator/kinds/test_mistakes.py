from datetime import date

import pytest
from pydantic import ValidationError

from accredit_operator.kinds import KINDS
from accredit_operator.kinds.mistakes import Mistake, mistakes_in


def _mistakes(spec, kind="AgentIdentity", **members):
    document = {
        "apiVersion": "accredit.dev/v1alpha1",
        "kind": kind,
        "metadata": {"name": "planner"},
        "spec": {"identities": [{"issuerRef": {"name": "idp"}, "subject": "a"}], "scopes": [], **spec},
        **members,
    }
    with pytest.raises(ValidationError) as raised:
        KINDS[kind].model_validate(document)
    return mistakes_in(raised.value, KINDS[kind])


@pytest.mark.parametrize(
    ("spec", "mistake"),
    [
        pytest.param(
            {"delegatesTos": []},
            Mistake("spec.delegatesTos", "there is no such field", "write delegatesTo"),
            id="an unknown field names the nearest one",
        ),
        pytest.param(
            {"acts_for": {}},
            Mistake("spec.acts_for", "there is no such field", "write actsFor"),
            id="a snake case field names its own spelling",
        ),
        pytest.param(
            {"actsFor": {"xyzzy": 1, "anyUser": True}},
            Mistake(
                "spec.actsFor.xyzzy",
                "there is no such field",
                "leave it out, or write one of users, groups, tenants, anyUser",
            ),
            id="an unknown field that is like no other names them all",
        ),
        pytest.param(
            {"owner": None},
            Mistake("spec.owner", "it is null", "write a value, or leave the field out"),
            id="a null",
        ),
        pytest.param(
            {"workloads": [{"type": "spiffe"}]},
            Mistake("spec.workloads[0].type", '"spiffe"', "write SPIFFE"),
            id="a choice in another case names the right one",
        ),
        pytest.param(
            {"workloads": [{"serviceAccount": {"name": "a"}}]},
            Mistake(
                "spec.workloads[0].type",
                "it is missing",
                "write it: how the workload is named: SPIFFE or ServiceAccount",
            ),
            id="a missing field says what it is",
        ),
        pytest.param(
            {"scopes": ["tool:*:read"]},
            Mistake(
                "spec.scopes[0]",
                '"tool:*:read"',
                "write one scope, or one star at its end after a colon, dot or slash, as in tool:crm:*",
            ),
            id="a grammar gives an example",
        ),
        pytest.param(
            {"scopes": "tool:crm:read"},
            Mistake("spec.scopes", '"tool:crm:read"', "write a list"),
            id="a text for a list",
        ),
        pytest.param(
            {"identities": []},
            Mistake("spec.identities", "an empty list", "write at least 1 item, or leave the field out"),
            id="an empty list",
        ),
        pytest.param(
            {"owner": "A" * 300},
            Mistake("spec.owner", "a text of 300 characters", "write a text of at most 256 characters"),
            id="a long value is not repeated",
        ),
        pytest.param(
            {"expiresAt": "2026-04-31T00:00:00Z"},
            Mistake("spec.expiresAt", '"2026-04-31T00:00:00Z"', "write another day: no such day in that month"),
            id="a day that never was",
        ),
        pytest.param(
            {"expiresAt": date(2027, 1, 1)},
            Mistake(
                "spec.expiresAt",
                "a value of type date",
                "write a text, in quotes where it looks like something else",
            ),
            id="a date that YAML read as one",
        ),
        pytest.param(
            {7: "a"},
            Mistake("spec[7]", "the field's name is 7, which is no text", "write it in quotes"),
            id="a field's name that is a number",
        ),
        pytest.param(
            {"scopes": ["a", "b", "a"]},
            Mistake("spec.scopes", '"a" stands twice', "write it once"),
            id="a duplicate",
        ),
        pytest.param(
            {"workloads": [{"type": "SPIFFE"}]},
            Mistake(
                "spec.workloads[0].spiffeID",
                "spiffeID goes with type SPIFFE and nothing else",
                "write it exactly when type is SPIFFE",
            ),
            id="a union's member",
        ),
    ],
)
def test_a_mistake_says_where_what_and_what_to_write(spec, mistake):
    assert _mistakes(spec) == [mistake]


def test_a_label_with_a_slash_stands_in_brackets():
    (mistake,) = _mistakes({}, metadata={"name": "a", "labels": {"accredit.dev/tier": 1}})
    assert mistake.path == "metadata.labels[accredit.dev/tier]"


def test_a_document_that_is_no_mapping_is_one_mistake():
    with pytest.raises(ValidationError) as raised:
        KINDS["AgentIdentity"].model_validate(["a"])
    assert mistakes_in(raised.value, KINDS["AgentIdentity"]) == [
        Mistake("", "a list of 1", "write a mapping of members to values")
    ]


def test_every_mistake_says_what_to_write(bad_row):
    kind = KINDS[bad_row["document"]["kind"]]
    with pytest.raises(ValidationError) as raised:
        kind.model_validate(bad_row["document"])
    for mistake in mistakes_in(raised.value, kind):
        assert mistake.found
        assert mistake.write.startswith(("write", "leave"))
