"""Methods that open a tunnel, echo what we add, or are read without case; upgrades that turn a connection opaque."""

import pytest

from accredit_extauthz.model.reason import Reason
from fakes.attack import denied, with_token
from fakes.scene import IDP

TOKEN = IDP.mint()


@pytest.mark.parametrize(
    "method", ["CONNECT", "TRACE", "get", "Get", "GET ", " GET", "GE\u0422", "G\u0415T", "", "GET\r\n", "*"]
)
def test_a_method_that_is_not_served(method):
    assert denied(with_token(TOKEN, method=method)) is Reason.REQUEST_MALFORMED


@pytest.mark.parametrize("value", ["websocket", "h2c", "TLS/1.0", "connect-udp", ""])
def test_an_upgrade(value):
    assert denied(with_token(TOKEN, headers={"upgrade": value, "connection": "upgrade"})) is Reason.REQUEST_MALFORMED


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH", "PROPFIND", "PURGE"])
def test_a_method_that_no_rule_lists(method):
    assert denied(with_token(TOKEN, method=method)) is Reason.TOOL_NOT_LISTED
