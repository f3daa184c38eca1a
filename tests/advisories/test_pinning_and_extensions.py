"""Which policy governs is for Envoy's configuration to say: nothing that a client sends can choose one."""

import pytest

from accredit_extauthz.contract.snapshot import HostOwner, HttpMatch
from accredit_extauthz.model.reason import Reason
from fakes.attack import allowed, denied, with_token
from fakes.scene import IDP, body, host_target, http_rule, policy, view

TOKEN = IDP.mint()
ANYTHING = body(rules=(http_rule(scopes=(), http=HttpMatch(methods=("GET",), paths=("/**",))),))
SEEN = view(
    policies=(policy(), policy("lax", "evil", targets=(host_target("evil.example"),), body=ANYTHING)),
    owners=(HostOwner(pattern="crm.example", namespace="tools"), HostOwner(pattern="evil.example", namespace="evil")),
)


@pytest.mark.parametrize("name", ["accredit.dev/policy", "x-accredit-policy", "accredit.dev-policy"])
def test_a_client_cannot_pin_a_policy(name):
    asked = with_token(TOKEN, path="/secret", headers={name: "evil/lax"})
    assert denied(asked, SEEN) is Reason.TOOL_NOT_LISTED


@pytest.mark.parametrize(
    ("extensions", "reason"),
    [
        ({"accredit.dev/policy": "evil/lax"}, Reason.NO_POLICY),
        ({"accredit.dev/policy": ""}, Reason.NO_POLICY),
        ({"accredit.dev/policy": "tools"}, Reason.NO_POLICY),
        ({"accredit.dev/policy": "tools/crm/x"}, Reason.NO_POLICY),
        ({"accredit.dev/policy": "tools/crm,evil/lax"}, Reason.NO_POLICY),
        ({"accredit.dev/polcy": "tools/crm"}, Reason.NO_POLICY),
        ({"accredit.dev/policy": "tools/crm", "accredit.dev/mode": "Audit"}, Reason.NO_POLICY),
    ],
    ids=str,
)
def test_a_pin_that_leads_elsewhere_denies(extensions, reason):
    assert denied(with_token(TOKEN, path="/secret", extensions=extensions), SEEN) is reason


def test_a_pin_that_leads_home_is_followed():
    allowed(with_token(TOKEN, extensions={"accredit.dev/policy": "tools/crm"}), SEEN)
