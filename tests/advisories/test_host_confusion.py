"""Hosts that the proxy, the policy and the server may read as different ones."""

import pytest

from accredit_extauthz.contract.snapshot import HostOwner
from accredit_extauthz.model.reason import Reason
from fakes.attack import allowed, denied, with_token
from fakes.scene import IDP, host_target, policy, view

TOKEN = IDP.mint()
SEEN = view(
    policies=(policy(targets=(host_target("crm.example"), host_target("key.example"))),),
    owners=(HostOwner(pattern="crm.example", namespace="tools"), HostOwner(pattern="key.example", namespace="tools")),
)


@pytest.mark.parametrize(
    "host",
    [
        "crm.example,evil.example",
        "evil.example,crm.example",
        "crm.example, crm.example",
        "crm.example evil.example",
        "crm.example..",
        ".crm.example",
        "crm..example",
        "crm.example:",
        "crm.example:80:80",
        "crm.example:port",
        "user@crm.example",
        "crm.example/evil",
        "crm.example\\evil",
        "crm.example#",
        "crm.example?",
        "crm.example\n",
        "crm.example\x00",
        "*.example",
        "*",
        "\u212aey.example",
        "\uff43rm.example",
        "crm\u3002example",
        "crm.example\u200b",
        "[crm.example]",
        "",
        ":80",
        "a" * 64 + ".example",
    ],
    ids=lambda host: ascii(host[:40]),
)
def test_a_host_that_is_not_one_name(host):
    assert denied(with_token(TOKEN, host=host), SEEN) is Reason.REQUEST_MALFORMED


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "crm.example.evil.example",
        "xcrm.example",
        "x.crm.example",
        "example",
        "127.0.0.1",
        "[::1]:80",
        "0x7f.1",
    ],
)
def test_a_host_of_nobody(host):
    assert denied(with_token(TOKEN, host=host), SEEN) is Reason.NO_POLICY


@pytest.mark.parametrize("host", ["crm.example", "CRM.Example", "crm.example.", "crm.example:8443", "crm.example.:80"])
def test_one_name_in_its_harmless_spellings(host):
    allowed(with_token(TOKEN, host=host), SEEN)


def test_the_name_in_another_header_counts_for_nothing():
    others = ("x-forwarded-host", "x-host", "x-original-host", "forwarded")
    headers = {"authorization": f"Bearer {TOKEN}"} | dict.fromkeys(others, "crm.example")
    assert denied(with_token(TOKEN, host="evil.example", headers=headers), SEEN) is Reason.NO_POLICY
