"""Public keys on the command line: what is taken, and what is refused in a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa, x25519

from collector.cli.keys import MAX_BYTES, identity_keys
from collector.errors import ConfigError
from collector.ingest.proof import PUBLIC_ALGORITHMS, _public_key

PRIVATE: dict[str, Any] = {
    "RS256": rsa.generate_private_key(65537, 2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
    "Ed448": ed448.Ed448PrivateKey.generate(),
    "RSA 1024": rsa.generate_private_key(65537, 1024),
    "P-384": ec.generate_private_key(ec.SECP384R1()),
    "X25519": x25519.X25519PrivateKey.generate(),
    "DSA": dsa.generate_private_key(1024),
}
_PEM, _SPKI = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo


def public_pem(name: str) -> str:
    pem: bytes = PRIVATE[name].public_key().public_bytes(_PEM, _SPKI)
    return pem.decode()


def private_pem(name: str) -> str:
    form = serialization.PrivateFormat.PKCS8
    pem: bytes = PRIVATE[name].private_bytes(_PEM, form, serialization.NoEncryption())
    return pem.decode()


@pytest.fixture
def written(tmp_path: Path) -> Any:
    def write(content: str | bytes, name: str = "key.pem") -> str:
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(tmp_path / name)

    return write


@pytest.mark.parametrize(("algorithm", "key"), [("RS256", "RS256"), ("ES256", "ES256"), ("EdDSA", "EdDSA"), ("EdDSA", "Ed448")])
def test_a_key_that_the_collector_can_use(written: Any, algorithm: str, key: str) -> None:
    (read,) = identity_keys((f"k 1:{algorithm}:{written(public_pem(key))}",))
    assert (read.kid, read.algorithm, read.pem) == ("k 1", algorithm, public_pem(key))
    assert _public_key(read) is not None


def test_the_algorithms_are_those_of_the_collector(written: Any) -> None:
    for algorithm in sorted(PUBLIC_ALGORITHMS):
        assert identity_keys((f"k:{algorithm}:{written(public_pem(algorithm))}",))
    with pytest.raises(ConfigError, match="known: RS256, ES256, EdDSA"):
        identity_keys(("k:HS256:x",))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "KID:ALGORITHM:FILE"), ("k", "KID:ALGORITHM:FILE"), ("k:ES256", "KID:ALGORITHM:FILE"), (":ES256:x", "KID:ALGORITHM:FILE"),
        (" :ES256:x", "KID:ALGORITHM:FILE"), ("k:ES256:", "KID:ALGORITHM:FILE"), ("k:none:x", "no algorithm"),
        ("k:es256:x", "no algorithm"), ("k:ES256:/nowhere/at/all.pem", "cannot be read"), ("k:ES256:/", "cannot be read"),
    ],
)  # fmt: skip
def test_identity_key_that_does_not_fit(text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as refused:
        identity_keys((text,))
    assert refused.value.message.endswith((".", ")"))


@pytest.mark.parametrize(
    "content", ["", "no key", b"\xff\x00", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "x" * 99_999]
)
def test_public_key_that_is_none(written: Any, content: str | bytes) -> None:
    with pytest.raises(ConfigError, match="no public key in PEM form"):
        identity_keys((f"k:ES256:{written(content)}",))


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        ("RS256", "ES256"), ("RS256", "EdDSA"), ("RS256", "RSA 1024"), ("ES256", "RS256"), ("ES256", "P-384"), ("ES256", "EdDSA"),
        ("EdDSA", "ES256"), ("EdDSA", "RS256"), ("EdDSA", "X25519"), ("RS256", "DSA"), ("ES256", "DSA"),
    ],
)  # fmt: skip
def test_a_key_of_another_kind(written: Any, algorithm: str, key: str) -> None:
    with pytest.raises(ConfigError, match=f"no key for {algorithm}"):
        identity_keys((f"k:{algorithm}:{written(public_pem(key))}",))


def test_a_private_key_is_refused_as_such(written: Any) -> None:
    """Private key, also beside the public one: it has no place in a site's settings."""
    for content in (private_pem("ES256"), public_pem("ES256") + private_pem("ES256")):
        with pytest.raises(ConfigError, match="private key"):
            identity_keys((f"k:ES256:{written(content)}",))


def test_a_huge_file_is_not_read_whole(written: Any) -> None:
    file = written(public_pem("ES256") + " " * 10 * MAX_BYTES)
    (read,) = identity_keys((f"k:ES256:{file}",))
    assert len(read.pem) < 1_000


def test_two_keys_need_two_names(written: Any) -> None:
    first, second = written(public_pem("ES256"), "a.pem"), written(public_pem("EdDSA"), "b.pem")
    both = identity_keys((f"a:ES256:{first}", f"b:EdDSA:{second}"))
    assert [key.kid for key in both] == ["a", "b"]
    with pytest.raises(ConfigError, match="given twice"):
        identity_keys((f"a:ES256:{first}", f"a:EdDSA:{second}"))
