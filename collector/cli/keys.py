"""Public keys that verify identity tokens, as they are given on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..domain.site_settings import IdentityKey
from ..errors import ConfigError

MAX_BYTES = 16 * 1024
LEAST_RSA_BITS = 2048


def identity_keys(given: tuple[str, ...]) -> tuple[IdentityKey, ...]:
    """Read KID:ALGORITHM:FILE, each once. Raises ConfigError for what is not a public key of its algorithm."""
    keys = tuple(_identity_key(text) for text in given)
    twice = {key.kid for key in keys if [one.kid for one in keys].count(key.kid) > 1}
    if twice:
        raise ConfigError(f"The key id {min(twice)!r} is given twice; every key needs its own.")
    return keys


def _identity_key(text: str) -> IdentityKey:
    kid, _, rest = text.partition(":")
    algorithm, _, file = rest.partition(":")
    if not kid.strip() or not file:
        raise ConfigError(f"{text!r} does not fit; write KID:ALGORITHM:FILE, like 2026-01:ES256:public.pem.")
    if algorithm not in _FITS:
        raise ConfigError(f"{algorithm!r} is no algorithm for identity tokens; known: {', '.join(_FITS)}.")
    return IdentityKey(kid, algorithm, _public_pem(algorithm, Path(file)))


def _public_pem(algorithm: str, file: Path) -> str:
    """Return the key alone, without what else is in the file."""
    from cryptography.hazmat.primitives import serialization

    try:
        content = file.read_bytes()[: MAX_BYTES + 1]
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}.") from error
    if b"PRIVATE KEY" in content:
        raise ConfigError(
            f"{file} is a private key, which never leaves your server; `openssl pkey -pubout` gives the public one."
        )
    try:
        key = serialization.load_pem_public_key(content)
    except Exception as error:  # whatever the library thinks of the file
        raise ConfigError(f"{file} is no public key in PEM form (-----BEGIN PUBLIC KEY-----).") from error
    if not _FITS[algorithm](key):
        raise ConfigError(f"{file} is no key for {algorithm}: {_NEEDS[algorithm]} is needed.")
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return pem.decode()


def _is_rsa(key: Any) -> bool:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    return isinstance(key, RSAPublicKey) and key.key_size >= LEAST_RSA_BITS


def _is_p256(key: Any) -> bool:
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

    return isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1)


def _is_edwards(key: Any) -> bool:
    from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    return isinstance(key, Ed25519PublicKey | Ed448PublicKey)


_FITS: dict[str, Callable[[Any], bool]] = {"RS256": _is_rsa, "ES256": _is_p256, "EdDSA": _is_edwards}
_NEEDS = {
    "RS256": f"RSA of at least {LEAST_RSA_BITS} bits",
    "ES256": "an elliptic curve key on P-256",
    "EdDSA": "an Ed25519 or Ed448 key",
}
