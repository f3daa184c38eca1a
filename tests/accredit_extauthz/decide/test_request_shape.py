from typing import Any

import pytest

from accredit_extauthz.decide.request_shape import check_request_shape
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.model.refusal import Refusal
from fakes.scene import call

LIMIT = 100


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"method": "CONNECT"}, Reason.REQUEST_MALFORMED, id="CONNECT"),
        pytest.param({"method": "TRACE"}, Reason.REQUEST_MALFORMED, id="TRACE"),
        pytest.param({"method": "get"}, Reason.REQUEST_MALFORMED, id="a lower-case method"),
        pytest.param({"method": ""}, Reason.REQUEST_MALFORMED, id="no method"),
        pytest.param({"headers": {"upgrade": "websocket"}}, Reason.REQUEST_MALFORMED, id="an upgrade"),
        pytest.param({"host": ""}, Reason.REQUEST_MALFORMED, id="no host"),
        pytest.param({"host": "a.example,b.example"}, Reason.REQUEST_MALFORMED, id="two hosts joined"),
        pytest.param({"host": "a" * 300}, Reason.REQUEST_MALFORMED, id="a host that is too long"),
        pytest.param({"path": "/a/../b"}, Reason.REQUEST_MALFORMED, id="a path with dots"),
        pytest.param({"path": "/a#/../b"}, Reason.REQUEST_MALFORMED, id="a path with a fragment"),
        pytest.param({"path": "/" + "a" * 5000}, Reason.REQUEST_MALFORMED, id="a path that is too long"),
        pytest.param({"headers": {"x-envoy-auth-partial-body": "true"}}, Reason.BODY_TRUNCATED, id="a partial body"),
        pytest.param({"headers": {"x-envoy-auth-partial-body": "?"}}, Reason.BODY_TRUNCATED, id="an odd mark of one"),
        pytest.param({"body": b"x" * (LIMIT + 1)}, Reason.BODY_TOO_LARGE, id="a body over the limit"),
    ],
)
def test_a_request_without_a_single_meaning_is_refused(changes: dict[str, Any], reason: Reason) -> None:
    with pytest.raises(Refusal) as caught:
        check_request_shape(call(**changes), LIMIT)
    assert caught.value.reason is reason


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="a plain one"),
        pytest.param({"host": "crm"}, id="a bare host name, which a pinned policy may govern"),
        pytest.param({"host": "[::1]"}, id="an IPv6 address"),
        pytest.param({"headers": {"x-envoy-auth-partial-body": "false"}}, id="Envoy's mark of a whole body"),
        pytest.param({"body": b"x" * LIMIT}, id="a body at the limit"),
        pytest.param({"method": "PROPFIND"}, id="an extension method"),
    ],
)
def test_a_canonical_request_passes(changes: dict[str, Any]) -> None:
    check_request_shape(call(**changes), LIMIT)
