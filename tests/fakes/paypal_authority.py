"""Certificates as PayPal's, under an authority that only tests trust."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIVE = "messageverificationcerts.paypal.com"
SANDBOX = "messageverificationcerts.sandbox.paypal.com"
START = datetime(2020, 1, 1, tzinfo=UTC)
END = datetime(2060, 1, 1, tzinfo=UTC)

type CaKey = ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Authority:
    """A root and what signs leaves below it."""

    root: x509.Certificate
    issuer: x509.Certificate
    issuer_key: CaKey

    def chain(self, leaf: x509.Certificate) -> bytes:
        """The file that is served: the leaf, then what stands between it and the root."""
        return leaf.public_bytes(Encoding.PEM) + self.issuer.public_bytes(Encoding.PEM)

    def leaf(
        self,
        name: str = LIVE,
        *,
        end: datetime = END,
        usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH,
    ) -> x509.Certificate:
        """A certificate for the key that signs deliveries."""
        own = signing_key().public_key()
        above = self.issuer_key.public_key()
        alternative = x509.SubjectAlternativeName([x509.DNSName(name)])
        made = (
            _builder(name, self.issuer.subject, own, end)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(above), critical=False)
            .add_extension(alternative, critical=False)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        )
        return made.sign(self.issuer_key, SHA256())


def sign(message: bytes) -> bytes:
    """RSA, PKCS#1 v1.5, SHA-256 by the leaf's key."""
    return signing_key().sign(message, PKCS1v15(), SHA256())


@cache
def signing_key() -> rsa.RSAPrivateKey:
    """The key of every leaf; one for the run, because making it takes its time."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def authority() -> Authority:
    """The authority that the stand-in for PayPal is known by."""
    return new_authority()


def new_authority() -> Authority:
    """An authority with keys of its own."""
    root_key, issuer_key = _ca_key(), _ca_key()
    root = _ca("Test Root", root_key, "Test Root", root_key)
    return Authority(root, _ca("Test Issuing", issuer_key, "Test Root", root_key), issuer_key)


def _ca_key() -> CaKey:
    return ec.generate_private_key(ec.SECP256R1())


def _ca(name: str, key: CaKey, above: str, above_key: CaKey) -> x509.Certificate:
    issued_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(above_key.public_key())
    made = (
        _builder(name, _name(above), key.public_key(), END)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(issued_by, critical=False)
        .add_extension(_only_certificates(), critical=True)
    )
    return made.sign(above_key, SHA256())


def _builder(
    name: str, issuer: x509.Name, key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(START)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _only_certificates() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
