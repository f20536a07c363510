"""Certificates for tests: an authority of one's own, and what it signs."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


def named(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def host(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


@dataclass
class Authority:
    """A CA: its key, and its certificate in `file`."""

    file: Path
    key: EllipticCurvePrivateKey

    @classmethod
    def made(cls, file: Path) -> "Authority":
        made = cls(file, generate_private_key(SECP256R1()))
        own = made._signed(made.key, 30 * DAY, x509.BasicConstraints(ca=True, path_length=0))
        file.write_bytes(own.public_bytes(Encoding.PEM))
        return made

    def issue(self, file: Path, name: str, until: timedelta = DAY) -> None:
        """Write the key and the certificate of a host, which is valid until so long from now."""
        key = generate_private_key(SECP256R1())
        certificate = self._signed(key, until, x509.SubjectAlternativeName([host(name)]))
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(secret + certificate.public_bytes(Encoding.PEM))

    def _signed(
        self, key: EllipticCurvePrivateKey, until: timedelta, extension: x509.ExtensionType
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(named(self.file.stem if key is self.key else "an engine"))
            .issuer_name(named(self.file.stem))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 10 * DAY)
            .not_valid_after(now + until)
            .add_extension(extension, critical=key is self.key)
            .sign(self.key, SHA256())
        )
