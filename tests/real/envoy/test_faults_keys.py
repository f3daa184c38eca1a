"""An issuer changes its signing key under load: nothing good is refused on the way, and nothing old passes after."""

from accredit_cli.demo.workspace import write_field
from accredit_cli.minting import new_key
from real.envoy.oracle import revived

KEYS = ("spec", "jwks", "inline", "keys")
DENIED = ("spec", "jwks", "deniedKeyIDs")
UNKNOWN = "token_key_unknown"


def of(answers, name):
    return [each for each in answers if each.ask.name == name]


def fits(name, reason=None):
    return lambda each: each.ask.name == name and each.reason == reason and each.is_allowed == (reason is None)


def test_a_key_is_prepared_activated_retired_and_denied_under_load(site):
    old, new = site.workspace.key, new_key("ES256")
    issuer = site.workspace.manifests / "issuer.yaml"
    site.operate()
    authorizer = site.authorize()
    site.front()
    with site.load() as load:
        load.mix = (site.allowed("by the old"), *site.mix())
        answers = load.see(10, fits("by the old"))
        write_field(issuer, KEYS, [old.jwk(), new.jwk()])
        authorizer.process.wait_until(lambda: site.passes(key=new), "the new key")
        load.mix = (site.allowed("by the old"), site.allowed("by the new", key=new), *site.mix())
        answers += load.see(10, fits("by the new"))
        assert all(each.is_allowed for each in of(answers, "by the old"))
        write_field(issuer, KEYS, [new.jwk()])
        retired = load.see(10, fits("by the old", UNKNOWN))
        answers += load.see(10, fits("by the new"))
        assert all(each.is_allowed for each in of(answers, "by the new"))
        write_field(issuer, DENIED, [new.kid])
        denied = load.see(10, fits("by the new", UNKNOWN))
    assert revived([*retired, *denied], "by the old", UNKNOWN) == []
    assert revived(denied, "by the new", UNKNOWN) == []
    assert site.broken_promises(load) == []
