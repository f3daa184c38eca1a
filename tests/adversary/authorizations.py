"""Authorization headers that hold no bearer token, or more than one (RFC 6750 §2.1, RFC 9110 §11.4)."""

from accredit_extauthz.model.reason import Reason
from adversary.case import Case
from adversary.tokens import FORGE
from fakes.attack import WIDE

_TOKEN = FORGE.token()
_MISSING = {
    "nothing": "",
    "the scheme alone": "Bearer",
    "no scheme": _TOKEN,
    "Basic": "Basic YTpi",
    "Basic before it": f"Basic YTpi, Bearer {_TOKEN}",
    "DPoP": f"DPoP {_TOKEN}",
    "another word": f"Token {_TOKEN}",
    "a tab": f"Bearer\t{_TOKEN}",
    "a colon": f"Bearer: {_TOKEN}",
    "an equals sign": f"Bearer={_TOKEN}",
    "a space before": f" Bearer {_TOKEN}",
    "a longer word": f"Bearers {_TOKEN}",
    "a Cyrillic e": f"B\u0435arer {_TOKEN}",
    "a no-break space": f"Bearer\u00a0{_TOKEN}",
    "a zero-width space": f"Bearer\u200b {_TOKEN}",
}
_MALFORMED = {
    "a space alone": "Bearer ",
    "two spaces": f"Bearer  {_TOKEN}",
    "a space after": f"Bearer {_TOKEN} ",
    "two joined": f"Bearer {_TOKEN},Bearer {_TOKEN}",
    "Basic after it": f"Bearer {_TOKEN}, Basic YTpi",
    "a parameter": f"Bearer {_TOKEN}, realm=x",
    "a line break": f"Bearer {_TOKEN}\r\nx-user-uid: root",
}
_IN_OTHER_PLACES = {
    "the query": {"path": f"/v1/contacts?access_token={_TOKEN}"},
    "a cookie": {"headers": {"cookie": f"access_token={_TOKEN}"}},
    "another header": {"headers": {"x-authorization": f"Bearer {_TOKEN}"}},
    "the proxy's header": {"headers": {"proxy-authorization": f"Bearer {_TOKEN}"}},
    "a header with an underscore": {"headers": {"authorization_": f"Bearer {_TOKEN}"}},
    "a form": {
        "method": "POST",
        "headers": {"content-type": "application/x-www-form-urlencoded"},
        "body": f"access_token={_TOKEN}".encode(),
    },
}
AUTHORIZATIONS: tuple[Case, ...] = (
    *(
        Case(f"authorization: {name}", reason, WIDE, {"headers": {"authorization": value}})
        for reason, rows in ((Reason.TOKEN_MISSING, _MISSING), (Reason.TOKEN_MALFORMED, _MALFORMED))
        for name, value in rows.items()
    ),
    *(Case(f"a token in {name}", Reason.TOKEN_MISSING, WIDE, sent) for name, sent in _IN_OTHER_PLACES.items()),
)
