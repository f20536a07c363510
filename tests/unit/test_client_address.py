"""The address that a client is known by."""

import pytest

from gob_graph.endpoint.server.client_address import LONGEST, client_of


@pytest.mark.parametrize(
    ("remote", "forwarded", "trusted", "client"),
    [
        ("192.0.2.1", "", 0, "192.0.2.1"),
        ("::ffff:192.0.2.1", "", 0, "192.0.2.1"),
        ("::FFFF:c000:201", "", 0, "192.0.2.1"),
        ("127.0.0.1", "::ffff:192.0.2.1", 1, "192.0.2.1"),
        ("2001:db8:1:2:3::4", "", 0, "2001:db8:1:2::/64"),
        ("127.0.0.1", "198.51.100.1, 2001:db8:1:2::9", 1, "2001:db8:1:2::/64"),
        ("192.0.2.1", "198.51.100.1", 0, "192.0.2.1"),
        ("192.0.2.1", "198.51.100.1", 2, "192.0.2.1"),
        ("192.0.2.1", "no address", 1, "192.0.2.1"),
        ("127.0.0.1", "a," * LONGEST + " 192.0.2.1", 1, "192.0.2.1"),
        ("", "", 1, ""),
    ],
)
def test_a_client_has_one_address(remote: str, forwarded: str, trusted: int, client: str) -> None:
    assert client_of(remote, forwarded, trusted) == client
