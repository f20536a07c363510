"""The address that a client is known by, for limits and for the access log."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

LONGEST = 512
"""Characters of X-Forwarded-For that are looked at, counted from the end, where trusted proxies write."""


@lru_cache(maxsize=4096)
def _client_of(remote: str, forwarded: str, trusted: int) -> str:
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    address = hops[-trusted] if 0 < trusted <= len(hops) else remote
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return remote
    if isinstance(known, ipaddress.IPv6Address):
        if known.ipv4_mapped:
            return str(known.ipv4_mapped)
        return str(ipaddress.ip_network(f"{known}/64", strict=False))
    return str(known)


def client_of(remote: str, forwarded: str, trusted: int) -> str:
    """The address that the outermost trusted proxy saw; an IPv6 client is its /64 network.

    A client can write X-Forwarded-For itself; that stands left of what the proxies add, and is not believed.
    An IPv4 address that is written as an IPv6 address (RFC 4291 section 2.5.5.2) is the IPv4 client.
    """
    return _client_of(remote, forwarded[-LONGEST:] if trusted else "", trusted)
