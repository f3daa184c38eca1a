"""Times that are no times: text, fractions, booleans, far futures, lives without end (RFC 7519 §4.1)."""

import pytest

from accredit_extauthz.model.reason import Reason
from fakes.attack import denied, with_token
from fakes.issuer import NOW
from fakes.scene import IDP


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": str(NOW + 600)}, Reason.TOKEN_CLAIMS),
        ({"exp": NOW + 600.5}, Reason.TOKEN_CLAIMS),
        ({"exp": True}, Reason.TOKEN_CLAIMS),
        ({"exp": None}, Reason.TOKEN_CLAIMS),
        ({"exp": 2**33}, Reason.TOKEN_CLAIMS),
        ({"exp": 10**30}, Reason.TOKEN_CLAIMS),
        ({"exp": -1}, Reason.TOKEN_CLAIMS),
        ({"exp": [NOW + 600]}, Reason.TOKEN_CLAIMS),
        ({"exp": "\u0661\u0668"}, Reason.TOKEN_CLAIMS),
        ({"iat": None}, Reason.TOKEN_CLAIMS),
        ({"iat": NOW + 600, "exp": NOW}, Reason.TOKEN_CLAIMS),
        ({"nbf": "now"}, Reason.TOKEN_CLAIMS),
        ({"exp": NOW - 5}, Reason.TOKEN_EXPIRED),
        ({"iat": NOW + 6}, Reason.TOKEN_NOT_YET_VALID),
        ({"nbf": NOW + 6}, Reason.TOKEN_NOT_YET_VALID),
        ({"exp": NOW + 3591}, Reason.TOKEN_LIFETIME),
    ],
    ids=str,
)
def test_a_time_that_is_none(claims, reason):
    assert denied(with_token(IDP.mint(IDP.claims(**claims)))) is reason
