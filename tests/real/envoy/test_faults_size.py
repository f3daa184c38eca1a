"""Requests that are far too much: each is refused with a 4xx, at little cost, and the next good one passes."""

import base64
import http.client
import json

import jwt

MCP = {"host": "mcp.example", "content-type": "application/json", "accept": "application/json, text/event-stream"}
API = {"host": "api.example"}
CALL = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"contacts.search","arguments":%s}}'
ROUNDS = 5
MIB = 1024 * 1024


def signed(key, payload):
    """A token whose payload is exactly these bytes, by the issuer's own key."""
    headers = {"kid": key.kid, "typ": "at+jwt"}
    return jwt.PyJWS().encode(payload, key.private, algorithm=key.algorithm, headers=headers)


def claims(site, **changes):
    """The payload of a good token, with members written as they are given."""
    text = json.loads(base64.urlsafe_b64decode(site.bearer().split(".")[1] + "=="))
    written = {name: json.dumps(value) for name, value in text.items()} | changes
    return ("{" + ",".join(f'"{name}":{value}' for name, value in written.items()) + "}").encode()


def bearers(site):
    """Bearers: a name, and what is sent."""
    key, deep, long = site.workspace.key, "[" * 5_000 + "]" * 5_000, "9" * 5_000
    yield "8 KiB", "A" * 8_192
    yield "50 KiB", "A" * 51_200
    yield "1 MiB", "A" * MIB
    yield "only dots", "." * 8_192
    yield "a header of 30 KiB", "A" * 30_000 + ".e30.AA"
    yield "a payload 5,000 deep", signed(key, claims(site, x=deep))
    yield "an expiry of 5,000 digits", signed(key, claims(site, exp=long))
    yield "an unknown claim of 5,000 digits", signed(key, claims(site, x=long))
    yield (
        "actors 1,000 deep",
        signed(key, claims(site, act='{"sub":"agent:planner","act":' * 1_000 + "{}" + "}" * 1_000)),
    )


def bodies():
    yield "30,000 deep", CALL % ("[" * 30_000 + "]" * 30_000)
    yield "never closed", "[" * 65_000
    yield "a number of 5,000 digits as the id", CALL.replace('"id":1', '"id":' + "9" * 5_000) % "{}"
    yield "10,000 members of one name", CALL % ("{" + ",".join(['"a":1'] * 10_000) + "}")
    yield "a name of 60 KiB", (CALL % "{}").replace("contacts.search", "c" * 61_440)


def sent(site, method, path, headers, body=None):
    """The status, or None where Envoy closed the connection before all was sent."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    try:
        connection.request(method, path, body, headers)
        return connection.getresponse().status
    except (ConnectionError, http.client.BadStatusLine):
        return None
    finally:
        connection.close()


def test_what_is_far_too_much_is_refused_and_costs_no_memory(site):
    site.publish()
    authorizer = site.authorize()
    site.front()
    good = MCP | {"authorization": f"Bearer {site.bearer(audience='https://mcp.example')}"}
    assert sent(site, "POST", "/mcp", good, CALL % "{}") == 200
    wanted = [
        (name, ("GET", "/v1/contacts/ada", API | {"authorization": f"Bearer {bearer}"}))
        for name, bearer in bearers(site)
    ]
    wanted += [(name, ("POST", "/mcp", good, body)) for name, body in bodies()]
    before, arrived = authorizer.peak_kib(), len(site.witness.arrivals)
    statuses = {(name, sent(site, *request)) for _ in range(ROUNDS) for name, request in wanted}
    assert [each for each in statuses if each[1] is not None and not 400 <= each[1] < 500] == []
    assert len(site.witness.arrivals) == arrived
    assert authorizer.peak_kib() - before < 20 * 1024
    assert site.passes()
