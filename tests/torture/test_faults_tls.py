"""The certificates between Envoy and the authorizer change and expire under load."""

import datetime as dt
import ssl

from accredit_cli.envoy.plan import ClientTls
from fakes.certificates import FakeAuthority
from real.envoy.load import is_allowed

PAST = dt.datetime(2021, 1, 1, tzinfo=dt.UTC)


def test_certificates_rotate_without_a_denial_and_an_expired_one_denies_everything(site, tmp_path):
    authority = FakeAuthority()
    (bundle := tmp_path / "ca.crt").write_bytes(authority.pem)
    certificate, key = authority.write_pair(tmp_path)
    site.publish()
    authorizer = site.authorize(f"--tls-cert={certificate}", f"--tls-key={key}")
    site.front(authorizer_tls=ClientTls(str(bundle), "localhost", None, None))

    def is_served():
        shown = ssl.get_server_certificate(("127.0.0.1", authorizer.address.port))
        return shown.strip() == certificate.read_text().strip()

    with site.load() as load:
        for turn in range(5):
            authority.write_pair(tmp_path, f"turn {turn}")
            authorizer.process.wait_until(is_served, "the new certificate")
            load.see(20, is_allowed)
        assert {each.status for each in load.answers} == {200, 401, 403}
        authorizer.process.kill()
        authority.write_pair(tmp_path, until=PAST)
        authorizer.process.restart()
        authorizer.process.wait_until(authorizer.is_ready, "readiness")
        during = load.see(40, lambda each: each.status == 503)
        authority.write_pair(tmp_path)
        load.see(20, is_allowed)
    assert not [each for each in during[10:] if each.is_allowed]
    assert site.broken_promises(load) == []
