"""Why an engine is not reached by TLS: what clients are told, and what whoever runs the server is to do.

The engine must show a certificate that is valid now, is of a CA that OpenSSL knows by its standard means (those of the
system, or SSL_CERT_FILE and SSL_CERT_DIR), and has the host of the address.
"""

from __future__ import annotations

from ssl import SSLCertVerificationError, get_default_verify_paths
from typing import TYPE_CHECKING, Final

from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from urllib3.exceptions import SSLError

UNREACHED: Final = "the engine that evaluates the queries is not reached"
NOT_THIS_ONE: Final = "the engine that evaluates the queries does not evaluate this one"
_UNKNOWN_CA: Final = f"{UNREACHED}: its certificate is of a CA that is not known here"
_NOT_YET: Final = f"{UNREACHED}: its certificate is not valid yet"
_EXPIRED: Final = f"{UNREACHED}: its certificate has expired"
_OTHER_HOST: Final = f"{UNREACHED}: its certificate is of another host"
_NOT_TAKEN: Final = f"{UNREACHED}: its certificate cannot be verified"
_NO_TLS: Final = f"{UNREACHED}: no TLS connection can be made"
_BY_NUMBER: Final = {
    2: _UNKNOWN_CA,
    9: _NOT_YET,
    10: _EXPIRED,
    18: _UNKNOWN_CA,
    19: _UNKNOWN_CA,
    20: _UNKNOWN_CA,
    21: _UNKNOWN_CA,
    62: _OTHER_HOST,
    64: _OTHER_HOST,
}
"""By the number of X509_V_ERR_… of OpenSSL (x509_vfy.h)."""
REMEDIES: Final = {
    _UNKNOWN_CA: "name the PEM file of that CA in the environment variable SSL_CERT_FILE, for commands and server",
    _NOT_YET: "set the clock of this machine, or have the certificate made again",
    _EXPIRED: "renew the certificate at the engine, or set the clock of this machine",
    _OTHER_HOST: "write the address with a host name that the certificate has, or have one made for this host",
    _NOT_TAKEN: "'openssl s_client -verify_return_error -connect HOST:PORT' says why; have it made again",
    # Said of a query of our own, which is plain SPARQL 1.1.
    NOT_THIS_ONE: "see whether this is the address of its SPARQL service, and whether that begins with https://",
    _NO_TLS: "see whether the engine speaks TLS at this port; if it does not, write http:// in place of https://",
}
"""What to do, by what is told; this is for the terminal, and no client reads it."""


def untrusted(error: SSLError) -> RequestError:
    """The refusal for a connection that TLS does not let come about."""
    cause = error.args[0] if error.args else None
    if isinstance(cause, SSLCertVerificationError):
        return RequestError("engine-unreachable", _BY_NUMBER.get(cause.verify_code, _NOT_TAKEN))
    return RequestError("engine-unreachable", _NO_TLS)


def with_remedy(error: RequestError) -> str:
    """What a refusal says, with what to do about it where that is known."""
    said = "; ".join(part for part in (error.detail, REMEDIES.get(error.detail)) if part)
    if error.detail == _UNKNOWN_CA:
        file = get_default_verify_paths().cafile
        said += f" (the file in use now: {file or 'none that can be read'})"
    return said
