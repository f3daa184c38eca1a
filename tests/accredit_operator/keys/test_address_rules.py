import pytest
from yarl import URL

from accredit_operator.keys.address_rules import AddressRules
from accredit_operator.keys.unfetched import Unfetched

RULES = AddressRules()


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("127.0.0.1", id="this machine"),
        pytest.param("127.9.9.9", id="this machine by another number"),
        pytest.param("::1", id="this machine in IPv6"),
        pytest.param("0.0.0.0", id="unspecified, which Linux takes for this machine"),
        pytest.param("0.1.2.3", id="this network"),
        pytest.param("::", id="unspecified in IPv6"),
        pytest.param("169.254.169.254", id="the metadata service of most clouds"),
        pytest.param("169.254.20.10", id="link-local"),
        pytest.param("fe80::1", id="link-local in IPv6"),
        pytest.param("fe80::1%eth0", id="link-local with a zone"),
        pytest.param("100.100.100.200", id="Alibaba's metadata service"),
        pytest.param("168.63.129.16", id="Azure's wire server"),
        pytest.param("fd00:ec2::254", id="Amazon's metadata service in IPv6"),
        pytest.param("224.0.0.1", id="multicast"),
        pytest.param("ff02::1", id="multicast in IPv6"),
        pytest.param("255.255.255.255", id="broadcast"),
        pytest.param("240.0.0.1", id="reserved"),
        pytest.param("fec0::1", id="site-local"),
        pytest.param("::ffff:127.0.0.1", id="loopback mapped into IPv6"),
        pytest.param("::ffff:169.254.169.254", id="metadata mapped into IPv6"),
        pytest.param("::127.0.0.1", id="loopback in the deprecated compatible form"),
        pytest.param("64:ff9b::7f00:1", id="loopback through NAT64"),
        pytest.param("64:ff9b:1::a9fe:a9fe", id="metadata through local NAT64"),
        pytest.param("2002:7f00:1::", id="loopback through 6to4"),
        pytest.param("2001:0:a9fe:a9fe::1", id="Teredo"),
        pytest.param("idp.example", id="no address at all"),
    ],
)
def test_no_socket_is_opened_to(address):
    assert RULES.refusal_of(address) is not None


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("93.184.215.14", id="a public address"),
        pytest.param("10.0.0.7", id="a private address: issuers live there"),
        pytest.param("192.168.1.1", id="another private address"),
        pytest.param("100.64.0.1", id="a carrier's address"),
        pytest.param("fd12::1", id="a private address in IPv6"),
        pytest.param("2606:2800::1", id="a public address in IPv6"),
        pytest.param("64:ff9b::5db8:d70e", id="a public address through NAT64"),
    ],
)
def test_a_socket_is_opened_to(address):
    assert RULES.refusal_of(address) is None


def test_loopback_is_for_those_who_ask_for_it_and_nothing_else_with_it():
    rules = AddressRules(allow_loopback=True)
    assert [rules.refusal_of(address) for address in ("127.0.0.1", "::1", "::ffff:127.0.0.1")] == [None] * 3
    assert None not in [rules.refusal_of(address) for address in ("0.0.0.0", "169.254.169.254", "::")]


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("idp.tools.svc", True),
        ("idp.tools.svc.", True),
        ("idp.tools.svc.cluster.local", True),
        ("IDP.TOOLS.SVC.CLUSTER.LOCAL", True),
        ("idp.tools.svc.example", False),
        ("idp.examplesvc", False),
        ("svc", False),
        ("idp.tools.svc.cluster.local.example", False),
    ],
)
def test_a_service_is_known_by_its_name(host, expected):
    assert RULES.is_in_cluster(host) is expected


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://idp.example/jwks", id="plain http outside"),
        pytest.param("ftp://idp.example/jwks", id="another scheme"),
        pytest.param("file:///etc/passwd", id="a file"),
        pytest.param("/jwks", id="no host"),
        pytest.param("https://user:secret@idp.example/jwks", id="credentials"),
        pytest.param("https://user@idp.example/jwks", id="a user"),
        pytest.param("https://127.0.0.1/jwks", id="literal loopback"),
        pytest.param("https://[::1]/jwks", id="literal loopback in IPv6"),
        pytest.param("https://[::ffff:a9fe:a9fe]/", id="literal metadata in disguise"),
        pytest.param("https://localhost/jwks", id="localhost"),
        pytest.param("https://idp.localhost./jwks", id="a name beneath localhost"),
        pytest.param("https://metadata.google.internal/", id="metadata by name"),
    ],
)
@pytest.mark.parametrize("from_cluster", [True, False])
def test_no_keys_are_asked_from(url, from_cluster):
    with pytest.raises(Unfetched):
        RULES.check_url(URL(url), from_cluster=from_cluster)


def test_a_document_from_outside_sends_nobody_to_a_service():
    for url in (URL("https://vault.secrets.svc/jwks"), URL("http://vault.secrets.svc.cluster.local/jwks")):
        RULES.check_url(url, from_cluster=True)
        with pytest.raises(Unfetched):
            RULES.check_url(url, from_cluster=False)


def test_an_issuer_may_keep_its_keys_on_another_host():
    RULES.check_url(URL("https://www.googleapis.com/oauth2/v3/certs"), from_cluster=False)
