import pytest
from yarl import URL

from accredit_operator.keys.api_server import ApiServer

SERVER = ApiServer.of_cluster("cluster.local")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://kubernetes.default.svc/openid/v1/jwks", True),
        ("https://kubernetes.default.svc:443/openid/v1/jwks", True),
        ("https://kubernetes.default.svc.cluster.local/.well-known/openid-configuration", True),
        ("http://kubernetes.default.svc/openid/v1/jwks", False),
        ("http://kubernetes.default.svc:443/openid/v1/jwks", False),
        ("https://kubernetes.default.svc:8443/openid/v1/jwks", False),
        ("https://kubernetes.default.svc/api/v1/secrets", False),
        ("https://kubernetes.default.svc/openid/v1/jwks/../../../api/v1/secrets", False),
        ("https://kubernetes.default.svc.example/openid/v1/jwks", False),
        ("https://idp.example/openid/v1/jwks", False),
        ("https://u@kubernetes.default.svc/openid/v1/jwks", False),
        ("/openid/v1/jwks", False),
    ],
)
def test_the_token_is_for_two_addresses_alone(url, expected):
    assert SERVER.is_at(URL(url)) is expected


def test_token_and_authority_are_those_mounted_now(tmp_path):
    server = ApiServer.of_cluster("cluster.local", tmp_path)
    (tmp_path / "ca.crt").write_text("PEM")
    for token in ("first", "rotated"):
        (tmp_path / "token").write_text(f"{token}\n")
        assert (server.authority(), server.bearer()) == ("PEM", token)
