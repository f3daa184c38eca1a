"""Paths that proxy, policy and server may read as different ones (CVE-2021-32779, CVE-2021-29492 and their kin)."""

import pytest

from accredit_extauthz.contract.snapshot import Effect, HttpMatch
from accredit_extauthz.model.reason import Reason
from fakes.attack import allowed, denied, with_token
from fakes.scene import IDP, body, http_rule, policy, view

TOKEN = IDP.mint()
OPEN = http_rule(http=HttpMatch(methods=("GET",), paths=("/**",)))
CLOSED = http_rule(
    name="closed", effect=Effect.DENY, scopes=(), http=HttpMatch(methods=("*",), paths=("/admin", "/admin/**"))
)
SEEN = view(policies=(policy(body=body(rules=(OPEN, CLOSED))),))


def asked(path: str) -> bytes:
    return with_token(TOKEN, path=path)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/../admin",
        "/v1/./contacts",
        "/..",
        "/v1/..",
        "//admin",
        "/v1//contacts",
        "/%61dmin",
        "/%2e%2e/admin",
        "/v1/%2e%2e/admin",
        "/v1/%2E./admin",
        "/v1%2f..%2fadmin",
        "/%2Fadmin",
        "/v1%5c..%5cadmin",
        "/v1\\..\\admin",
        "/%252e%252e/admin",
        "/%25%32%65/admin",
        "/admin;a=b",
        "/;/admin",
        "/v1/..;/admin",
        "/admin%3b",
        "/admin%00",
        "/admin%00.html",
        "/admin%0d%0aX: 1",
        "/admin%20%0a",
        "/admin\t",
        "/admin ",
        "/admin%09",
        "/%c0%ae%c0%ae/admin",
        "/%C0%AE%C0%AE/admin",
        "/%E0%80%AE/admin",
        "/admin%E2%80%8B",
        "/admin%ef%bc%8f",
        "/admin%",
        "/admin%2",
        "/%u002e%u002e/admin",
        "/v1/contacts#/../../admin",
        "/v1/contacts#",
        "/admin%23",
        "/admin%3F",
        "http://crm.example/admin",
        "admin",
        "*",
        "",
        "/\u212a",
        "/adm\u0131n",
    ],
)
def test_a_path_with_more_than_one_spelling(path):
    assert denied(asked(path), SEEN) is Reason.REQUEST_MALFORMED


@pytest.mark.parametrize("path", ["/admin", "/admin/", "/admin/users", "/admin?x=/v1", "/admin/users/?a#b"])
def test_what_is_closed_stays_closed(path):
    assert denied(asked(path), SEEN) is Reason.RULE_DENIED


def test_what_is_open_is_open():
    for path in ("/", "/v1/contacts", "/v1/a..b", "/v1/%C3%BC", "/v1/contacts?next=/../admin"):
        allowed(asked(path), SEEN)
