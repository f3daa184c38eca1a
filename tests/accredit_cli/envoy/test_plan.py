"""Addresses as people write them."""

import pytest

from accredit_cli.envoy.plan import Address, AddressUnreadable, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:9001", Address("127.0.0.1", 9001)),
        ("accredit-extauthz.accredit-system.svc:9001", Address("accredit-extauthz.accredit-system.svc", 9001)),
        ("[::1]:9001", Address("::1", 9001)),
        ("unix:/run/accredit.sock", Address("/run/accredit.sock", None)),
        ("127.0.0.1:0", Address("127.0.0.1", 0)),
    ],
)
def test_an_address_is_read_and_written_alike(text, address):
    assert parse_address(text) == address
    assert str(address) == text


@pytest.mark.parametrize(
    "text",
    ["", "9001", ":9001", "host:", "host:99999", "host:-1", "host:٣", "::1:9001", "unix:", "unix:relative", "[::1]"],
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(AddressUnreadable):
        parse_address(text)
