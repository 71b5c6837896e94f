"""Proofs: every mode with every kind of request, and all that can be wrong with one. Tokens are made as a site's own
server makes them: with PyJWT, from the key that `passerby site show` prints."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from functools import cache
from typing import Any

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from collector.domain.events import Event, Flag, Proof
from collector.domain.log import Unproven
from collector.domain.site_settings import IdentityKey
from collector.domain.sites import Site
from collector.ingest.context import RequestContext
from collector.ingest.links import LinkSigner
from collector.ingest.pipeline import Pipeline
from collector.ingest.proof import MAX_TOKEN, UNKNOWN_ACTOR, Prover
from collector.ingest.steps import steps_with
from collector.ingest.wire import SEGMENT, Batch, RawEvent
from collector.storage.secrets import secret_key

NOW = 1_795_320_000_000_000
SECONDS = NOW // 1_000_000
HOUR = 3600
SITE = Site(1, "site-uuid", "n", "w", "p", "s", "x", "y", verify="optional")
SECRET = secret_key(b"m" * 32, SITE.uuid)
USER = "user-7"
EMAIL = "ada@example.com"
ANON = "7f0c2a51-8c52-4b0e-9d0f-2b6f5f3f6a10"
MODES = ("off", "optional", "required")
ASSERTED, PROVEN_EMAIL, VERIFIED = Proof.ASSERTED, Proof.PROVEN_EMAIL, Proof.VERIFIED

pipeline = Pipeline(steps_with(Prover(lambda site: secret_key(b"m" * 32, site.uuid)), LinkSigner("links")))


def site(**settings: Any) -> Site:
    return msgspec.structs.replace(SITE, **settings)


def token(key: Any = SECRET, algorithm: str = "HS256", headers: dict[str, Any] | None = None, **claims: Any) -> str:
    said = {"site": SITE.uuid, "sub": USER, "exp": SECONDS + HOUR, **claims}
    said = {name: value for name, value in said.items() if value is not None}
    return jwt.encode(said, key, algorithm=algorithm, headers=headers)


def address_token(**claims: Any) -> str:
    """Token that names only an address."""
    return token(**{"sub": None, "email": EMAIL, **claims})


def user_hash(user: str = USER, key: str = SECRET) -> str:
    return hmac.new(key.encode(), user.encode(), hashlib.sha256).hexdigest()


def sent(where: Site = SITE, proof: Proof = ASSERTED, batch: dict[str, Any] | None = None, at: int = NOW, **raw: Any) -> Event:
    """Identify of the user, or what `raw` makes of it."""
    said = {"type": "identify", "anonymous_id": ANON, "user_id": USER, **raw}
    return pipeline.complete(0, RawEvent(**said), RequestContext(where, at, proof, batch_context=batch or {}))


def outcome(event: Event) -> tuple[Proof, Proof, str | None]:
    assert bool(event.flags & Flag.UNVERIFIED) == (event.asserted.unproven is not None)
    assert event.asserted.unproven is None or isinstance(event.asserted.unproven, Unproven)
    return event.asserted.strength, event.asserted.email_strength, event.asserted.unproven


def with_token(said: Any, where: Site = SITE, **raw: Any) -> tuple[Proof, Proof, str | None]:
    event = sent(where, context={"token": said}, **raw)
    assert "token" not in event.context
    return outcome(event)


# -- modes ---------------------------------------------------------------------------------------------------------------

NOBODY: dict[str, Any] = {"type": "track", "event": "e", "user_id": None}
TRACK: dict[str, Any] = {"type": "track", "event": "e"}
BY_EMAIL: dict[str, Any] = {"user_id": None, "traits": {"email": EMAIL}}
BOTH: dict[str, Any] = {"traits": {"email": EMAIL}}

PLAIN = (ASSERTED, ASSERTED, None)
TYPED = (ASSERTED, Proof.TYPED, None)
PROVEN = (VERIFIED, ASSERTED, None)
UNSIGNED = (ASSERTED, ASSERTED, "unsigned")
WRONG = (ASSERTED, ASSERTED, "token_signature")
WRONG_HASH = (ASSERTED, ASSERTED, "user_hash_wrong")


@pytest.mark.parametrize(
    ("about", "raw", "context", "off", "optional", "required"),
    [
        ("nobody is asserted", NOBODY, {}, PLAIN, PLAIN, PLAIN),
        ("nobody is asserted, with the batch's token", NOBODY, {"token": "good"}, PLAIN, PLAIN, PLAIN),
        ("nobody is asserted, with a wrong token", NOBODY, {"token": "wrong"}, PLAIN, PLAIN, PLAIN),
        ("traits of a visitor", {"user_id": None, "traits": {"plan": "x"}}, {}, PLAIN, PLAIN, PLAIN),
        ("traits of a visitor, a user's token", {"user_id": None}, {"token": "good"}, PLAIN,
         (ASSERTED, ASSERTED, "token_other_user"), (ASSERTED, ASSERTED, "token_other_user")),
        ("a placeholder as user id", {"user_id": "null"}, {"token": "good"}, PLAIN, PLAIN, PLAIN),
        ("a placeholder as user id, an address' token", {"user_id": "null"}, {"token": "address"}, PLAIN, PLAIN, PLAIN),
        ("unsigned identify", {}, {}, PLAIN, PLAIN, UNSIGNED),
        ("unsigned track", TRACK, {}, PLAIN, PLAIN, UNSIGNED),
        ("unsigned group", {"type": "group", "group_id": "g"}, {}, PLAIN, PLAIN, UNSIGNED),
        ("unsigned alias", {"type": "alias", "previous_id": "b"}, {}, PLAIN, PLAIN, UNSIGNED),
        ("unsigned address", BY_EMAIL, {}, TYPED, TYPED, UNSIGNED),
        ("an empty token is none", {}, {"token": ""}, PLAIN, PLAIN, UNSIGNED),
        ("a null token is none", {}, {"token": None}, PLAIN, PLAIN, UNSIGNED),
        ("signed identify", {}, {"token": "good"}, PLAIN, PROVEN, PROVEN),
        ("signed track", TRACK, {"token": "good"}, PLAIN, PROVEN, PROVEN),
        ("signed alias: the other id is not", {"type": "alias", "previous_id": "b"}, {"token": "good"}, PLAIN, PLAIN, PLAIN),
        ("wrong token", {}, {"token": "wrong"}, PLAIN, WRONG, WRONG),
        ("wrong token on a track", TRACK, {"token": "wrong"}, PLAIN, WRONG, WRONG),
        ("the right hash", {}, {"userHash": "good"}, PLAIN, PROVEN, PROVEN),
        ("the right hash in capitals", {}, {"userHash": "GOOD"}, PLAIN, PROVEN, PROVEN),
        ("the right hash on an alias", {"type": "alias", "previous_id": "b"}, {"userHash": "good"}, PLAIN, PLAIN, PLAIN),
        ("a wrong hash", {}, {"userHash": "0" * 64}, PLAIN, WRONG_HASH, WRONG_HASH),
        ("a hash that is none", {}, {"userHash": {"a": 1}}, PLAIN, WRONG_HASH, WRONG_HASH),
        ("a hash proves no address", BY_EMAIL, {"userHash": "good"}, TYPED, TYPED, UNSIGNED),
        ("a token goes before a hash", {}, {"token": "wrong", "userHash": "good"}, PLAIN, WRONG, WRONG),
        ("an empty token does not", {}, {"token": "", "userHash": "good"}, PLAIN, PROVEN, PROVEN),
    ],
)  # fmt: skip
def test_modes(about: str, raw: dict[str, Any], context: dict[str, Any], off: Any, optional: Any, required: Any) -> None:
    real = {"good": token(), "address": address_token(), "wrong": token("k" * 40)}
    hashes = {"good": user_hash(), "GOOD": user_hash().upper()}
    made = {
        name: (real if name == "token" else hashes).get(value, value) if isinstance(value, str) else value
        for name, value in context.items()
    }
    for mode, expected in zip(MODES, (off, optional, required), strict=True):
        event = sent(site(verify=mode, user_hash=True), context={"page": {}, **made}, **raw)
        assert outcome(event) == expected, (about, mode)
        assert event.context == {"page": {}}, "no mode stores a secret"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("context", [{}, {"token": token("k" * 40), "userHash": "0"}, {"token": 7}])
def test_the_secret_key_needs_no_token(mode: str, context: dict[str, Any]) -> None:
    event = sent(site(verify=mode, user_hash=True), VERIFIED, context=dict(context), traits={"email": EMAIL})
    assert outcome(event) == (VERIFIED, VERIFIED, None)
    assert event.context == {}


def test_a_hash_only_where_the_site_takes_it() -> None:
    for mode, expected in (("optional", PLAIN), ("required", UNSIGNED)):
        event = sent(site(verify=mode), context={"userHash": user_hash()})
        assert outcome(event) == expected
        assert event.context == {}


def test_a_hash_is_of_this_user_with_this_key() -> None:
    where = site(user_hash=True)
    for wrong in (user_hash("user-8"), user_hash(key="sk_other"), user_hash()[:-1], user_hash() + "0", "é" * 64, "\ud800"):
        assert outcome(sent(where, context={"userHash": wrong})) == WRONG_HASH
    assert outcome(sent(where, user_id="ünï", context={"userHash": user_hash("ünï")})) == PROVEN
    assert outcome(sent(where, user_id=7, context={"userHash": user_hash("7")})) == PROVEN


# -- claims of a token -----------------------------------------------------------------------------------------------------


def test_a_token_as_a_sites_own_server_makes_it() -> None:
    """Golden case: what docs/verified-identify.md tells a site to do."""
    said = {"site": SITE.uuid, "sub": USER, "email": "Ada@Example.com", "anon_id": ANON, "iat": SECONDS, "exp": SECONDS + 300}
    event = sent(context={"token": jwt.encode(said, SECRET, algorithm="HS256"), "page": {"url": "https://x.io"}}, **BOTH)
    assert outcome(event) == (VERIFIED, VERIFIED, None)
    assert (event.asserted.email, event.context) == (EMAIL, {"page": {"url": "https://x.io"}})


def test_a_token_with_the_standard_library_alone() -> None:
    """Token made without a library, as on the page."""

    def part(value: bytes) -> bytes:
        return base64.urlsafe_b64encode(value).rstrip(b"=")

    claims = {"site": SITE.uuid, "sub": USER, "exp": SECONDS + 300}
    text = part(b'{"alg":"HS256"}') + b"." + part(json.dumps(claims).encode())
    signature = hmac.new(SECRET.encode(), text, hashlib.sha256).digest()
    assert with_token((text + b"." + part(signature)).decode()) == PROVEN


@pytest.mark.parametrize(
    ("claims", "raw", "expected"),
    [
        ({}, {}, PROVEN),
        ({"sub": "user-8"}, {}, "token_other_user"),
        ({"sub": "User-7"}, {}, "token_other_user"),
        ({"sub": ""}, {}, "token_other_user"),
        ({"sub": 7}, {"user_id": 7}, "token_malformed"),
        ({"sub": "7"}, {"user_id": 7}, PROVEN),
        ({"sub": ["user-7"]}, {}, "token_malformed"),
        ({"sub": None}, {}, "token_without_user"),
        ({"sub": None}, {"user_id": None}, "token_without_user"),
        ({"site": "other"}, {}, "token_other_site"),
        ({"site": None}, {}, "token_other_site"),
        ({"site": 1}, {}, "token_malformed"),
        ({"anon_id": ANON}, {}, PROVEN),
        ({"anon_id": "other"}, {}, "token_other_anonymous_id"),
        ({"anon_id": ANON}, {"anonymous_id": None}, "token_other_anonymous_id"),
        ({"anon_id": 7}, {"anonymous_id": 7}, "token_malformed"),
        ({"exp": None}, {}, "token_malformed"),
        ({"exp": True}, {}, "token_malformed"),
        ({"exp": float(SECONDS + 60)}, {}, PROVEN),
        ({"email": 7}, {}, "token_malformed"),
        ({"email": "no address"}, {}, PROVEN),
        ({"email": EMAIL}, TRACK, PROVEN),
        ({"aud": "somebody", "iss": "me", "jti": "1", "role": {"a": []}}, {}, PROVEN),
        ({"email": EMAIL}, BOTH, (VERIFIED, VERIFIED, None)),
        ({"email": " ADA@example.COM "}, BOTH, (VERIFIED, VERIFIED, None)),
        ({"email": "eve@example.com"}, BOTH, PROVEN),
        ({}, BOTH, PROVEN),
        ({}, BY_EMAIL, "token_other_user"),
        ({"sub": None, "email": EMAIL}, BY_EMAIL, (ASSERTED, PROVEN_EMAIL, None)),
        ({"sub": None, "email": EMAIL}, {"user_id": None}, (ASSERTED, PROVEN_EMAIL, None)),
        ({"sub": None, "email": EMAIL}, BOTH, "token_without_user"),
        ({"sub": None, "email": EMAIL}, TRACK, "token_without_user"),
        ({"sub": None, "email": "eve@example.com"}, BY_EMAIL, "token_other_user"),
        ({"sub": None, "email": "no address"}, BY_EMAIL, "token_malformed"),
    ],
)  # fmt: skip
def test_claims(claims: dict[str, Any], raw: dict[str, Any], expected: Any) -> None:
    if isinstance(expected, str):
        expected = (ASSERTED, ASSERTED, expected)
    for mode in ("optional", "required"):
        made = _encoded({"site": SITE.uuid, "sub": USER, "exp": SECONDS + HOUR, **claims})
        assert with_token(made, site(verify=mode), **raw) == expected


def _encoded(claims: dict[str, Any]) -> str:
    """JWT, of which PyJWT refuses some; others do not."""
    said = {name: value for name, value in claims.items() if value is not None}
    return jwt.PyJWS().encode(json.dumps(said).encode(), SECRET, algorithm="HS256")


def test_the_address_of_the_token() -> None:
    """Address missing in the traits: taken from the token of an identify, only there."""
    event = sent(context={"token": token(email=" Ada@Example.com ")})
    assert (event.asserted.email, event.asserted.email_display, event.asserted.email_strength) == (
        EMAIL,
        "Ada@Example.com",
        VERIFIED,
    )
    event = sent(user_id=None, context={"token": address_token()})
    assert (event.asserted.email, event.asserted.email_display, event.asserted.email_strength) == (EMAIL, EMAIL, PROVEN_EMAIL)
    assert sent(context={"token": token(email=EMAIL)}, **TRACK).asserted.email is None
    assert sent(site(verify="off"), context={"token": token(email=EMAIL)}).asserted.email is None
    other = sent(context={"token": token(email="eve@example.com")}, **BOTH)
    assert (other.asserted.email, other.asserted.email_strength) == (EMAIL, ASSERTED), "the traits' own, and not believed"


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"exp": SECONDS + 1}, None),
        ({"exp": SECONDS - 1}, None),
        ({"exp": SECONDS - 59}, None),
        ({"exp": SECONDS - 60}, "token_expired"),
        ({"exp": SECONDS - 61}, "token_expired"),
        ({"exp": 0}, "token_expired"),
        ({"exp": -1e300}, "token_expired"),
        ({"exp": SECONDS + 24 * HOUR}, None),
        ({"exp": SECONDS + 24 * HOUR + 60}, None),
        ({"exp": SECONDS + 24 * HOUR + 61}, "token_too_long_lived"),
        ({"exp": 10**18}, "token_too_long_lived"),
        ({"exp": 1e300}, "token_too_long_lived"),
        ({"nbf": SECONDS + 60}, None),
        ({"nbf": SECONDS + 61}, "token_expired"),
        ({"iat": SECONDS + 60}, None),
        ({"iat": SECONDS + 61}, "token_expired"),
        ({"iat": 1e300}, "token_expired"),
        ({"iat": SECONDS - 365 * 24 * HOUR}, None),
        ({"iat": "yesterday"}, "token_malformed"),
    ],
)
def test_times(claims: dict[str, Any], expected: str | None) -> None:
    """Expiry by the receipt's clock, with a minute for clocks that differ; never by this machine's."""
    made = _encoded({"site": SITE.uuid, "sub": USER, "exp": SECONDS + HOUR, **claims})
    assert with_token(made)[2] == expected


def test_the_clock_is_that_of_the_receipt() -> None:
    made = token(exp=SECONDS + HOUR)
    for later, expected in ((0, None), (HOUR + 59, None), (HOUR + 60, "token_expired"), (-24 * HOUR, "token_too_long_lived")):
        event = sent(at=NOW + later * 1_000_000, context={"token": made})
        assert event.asserted.unproven == expected, "the verdict on a signature is remembered, that on the time is not"


# -- keys ------------------------------------------------------------------------------------------------------------------


@cache
def private_keys() -> dict[str, Any]:
    return {
        "RS256": rsa.generate_private_key(public_exponent=65537, key_size=2048),
        "ES256": ec.generate_private_key(ec.SECP256R1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate(),
    }


def pem(private: Any) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    text: bytes = private.public_key().public_bytes(serialization.Encoding.PEM, form)
    return text.decode()


def public(algorithm: str, kid: str | None = None, key: Any = None) -> IdentityKey:
    return IdentityKey(kid or f"key-{algorithm}", algorithm, pem(key or private_keys()[algorithm]))


def keyed(*keys: IdentityKey) -> Site:
    return site(identity_keys=keys or tuple(public(algorithm) for algorithm in private_keys()))


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_public_keys(algorithm: str) -> None:
    private = private_keys()[algorithm]
    by_kid = token(private, algorithm, {"kid": f"key-{algorithm}"})
    without_kid = token(private, algorithm)
    for made in (by_kid, without_kid):
        assert with_token(made, keyed()) == PROVEN
        assert with_token(made, keyed(public(algorithm))) == PROVEN
        assert with_token(made) == WRONG, "the site has no such key"
        assert with_token(made[:-8] + "AAAAAAAA", keyed()) == WRONG
    assert with_token(token(private, algorithm, {"kid": "gone"}), keyed()) == WRONG, "a key that was taken away"
    for other in {"RS256", "ES256", "EdDSA"} - {algorithm}:
        assert with_token(token(private, algorithm, {"kid": f"key-{other}"}), keyed()) == WRONG, "the kid of another key"


def test_two_keys_of_one_algorithm_are_told_apart_by_kid() -> None:
    old, new = private_keys()["ES256"], ec.generate_private_key(ec.SECP256R1())
    where = keyed(public("ES256", "old", old), public("ES256", "new", new))
    assert with_token(token(new, "ES256", {"kid": "new"}), where) == PROVEN
    assert with_token(token(old, "ES256", {"kid": "old"}), where) == PROVEN
    assert with_token(token(old, "ES256", {"kid": "new"}), where) == WRONG
    assert with_token(token(old, "ES256"), where) == WRONG, "it does not say which"
    assert with_token(token(old, "ES256"), keyed(public("ES256", "old", old), public("RS256"))) == PROVEN


def test_a_key_that_was_taken_away_is_not_remembered() -> None:
    made = token(private_keys()["ES256"], "ES256")
    assert with_token(made, keyed()) == PROVEN
    assert with_token(made) == WRONG


def test_the_secret_key_still_signs_beside_public_keys() -> None:
    assert with_token(token(), keyed()) == PROVEN
    assert with_token(token(headers={"kid": "mine"}), keyed()) == PROVEN, "a kid says nothing about the one secret"
    assert with_token(token(headers={"kid": "key-RS256"}), keyed()) == WRONG, "the algorithm is fixed with the key"


def _signed(header: dict[str, Any], key: bytes, digest: str = "sha256") -> str:
    """HMAC with anything as key, which PyJWT would refuse to make."""

    def part(value: bytes) -> bytes:
        return base64.urlsafe_b64encode(value).rstrip(b"=")

    claims = {"site": SITE.uuid, "sub": USER, "exp": SECONDS + 300}
    text = part(json.dumps(header).encode()) + b"." + part(json.dumps(claims).encode())
    return (text + b"." + part(hmac.new(key, text, digest).digest())).decode()


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
@pytest.mark.parametrize("kid", [None, "named", "other"])
@pytest.mark.parametrize("said", ["HS256", "HS384", "HS512"])
def test_a_public_key_is_never_an_hmacs_secret(algorithm: str, kid: str | None, said: str) -> None:
    """Algorithm confusion (RFC 8725, 2.1): the public key must not sign."""
    key = public(algorithm, "named")
    header = {"alg": said, "typ": "JWT", **({"kid": kid} if kid else {})}
    for secret in (key.pem, key.pem.strip(), key.pem.replace("\n", "")):
        made = _signed(header, secret.encode(), said.replace("HS", "sha"))
        assert with_token(made, keyed(key)) == WRONG
    confused = IdentityKey("named", said, key.pem)  # even if it had been configured so
    assert with_token(_signed(header, key.pem.encode(), said.replace("HS", "sha")), keyed(confused)) == WRONG


@pytest.mark.parametrize("said", ["none", "None", "NONE", "", "HS1", "RS256", "PS256", None, 7, [], {}])
@pytest.mark.parametrize("signature", [b"", b"x", None])
def test_a_token_does_not_choose_its_algorithm(said: Any, signature: bytes | None) -> None:
    made = _signed({"alg": said, "typ": "JWT"}, SECRET.encode())
    if signature is not None:
        made = made.rpartition(".")[0] + "." + base64.urlsafe_b64encode(signature).decode().rstrip("=")
    for where in (SITE, keyed()):
        assert with_token(made, where)[2] in ("token_signature", "token_malformed")
        assert sent(where, context={"token": made}).asserted.strength == ASSERTED
    assert with_token(jwt.encode({"site": SITE.uuid, "sub": USER, "exp": SECONDS + 9}, "", algorithm="none")) == WRONG


def test_other_hashes_of_the_right_secret() -> None:
    for digest in ("384", "512"):
        assert with_token(_signed({"alg": f"HS{digest}"}, SECRET.encode(), f"sha{digest}")) == WRONG


def test_the_secret_of_another_site() -> None:
    other = secret_key(b"m" * 32, "other-uuid")
    assert with_token(token(other)) == WRONG
    assert with_token(token(other, site="other-uuid")) == WRONG
    shared = keyed(public("ES256"))
    assert with_token(token(private_keys()["ES256"], "ES256", site="other-uuid"), shared)[2] == "token_other_site"


@pytest.mark.parametrize("bad", ["", "no key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "\ud800"])
@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA", "HS256", "none", "RS512", ""])
def test_a_key_that_was_configured_wrongly(algorithm: str, bad: str) -> None:
    where = keyed(IdentityKey("k", algorithm, bad))
    for name, private in private_keys().items():
        assert with_token(token(private, name, {"kid": "k"}), where) == WRONG
    assert with_token(token(headers={"kid": "k"}), where) == WRONG
    assert with_token(token(), where) == PROVEN, "the secret key is still good"


def test_a_shared_secret_is_no_public_key() -> None:
    """HS256 is verified by the site's secret key alone, whatever is set."""
    for algorithm in ("HS256", "HS512", "none"):
        where = keyed(IdentityKey("k", algorithm, "k" * 64))
        for kid in ({"kid": "k"}, {}):
            assert with_token(token("k" * 64, "HS256", kid), where) == WRONG
            assert with_token(token("k" * 64, "HS512", kid), where) == WRONG


def test_a_key_of_another_kind() -> None:
    where = keyed(IdentityKey("k", "RS256", pem(private_keys()["ES256"])))
    assert with_token(token(private_keys()["ES256"], "ES256", {"kid": "k"}), where) == WRONG
    assert with_token(token(private_keys()["RS256"], "RS256", {"kid": "k"}), where) == WRONG


# -- junk ------------------------------------------------------------------------------------------------------------------


def test_an_address_without_a_user_is_typed() -> None:
    """Typed: from a browser, unproven; what the secret key says is verified."""
    typed = sent(site(verify="off"), user_id=None, traits={"email": EMAIL})
    assert (typed.asserted.email_strength, bool(typed.flags & Flag.TYPED)) == (Proof.TYPED, True)
    for event in (
        sent(site(verify="off"), traits={"email": EMAIL}),
        sent(user_id=None, traits={"email": EMAIL}, context={"token": address_token()}),
        sent(proof=VERIFIED, user_id=None, traits={"email": EMAIL}),
        sent(site(verify="off"), user_id=None),
    ):
        assert not event.flags & Flag.TYPED


JUNK: list[Any] = [
    7, 0, 0.5, True, [], ["x"], {}, {"a": {"b": ["c"]}}, "x", ".", "..", "...", "a.b.c", "é.é.é", "\ud800.\udfff.\x00", "\x00",
    "x" * 1_000_000, "." * 1_000_000, "eyJ" * 10_000, "=" * 100, "W" * 8_000 + ".e30.e30",
    base64.urlsafe_b64encode(b"[" * 6_000).decode() + ".e30.e30", base64.urlsafe_b64encode(b'{"a":' * 1_000).decode() + ".e30.",
    "bnVsbA.bnVsbA.bnVsbA", "e30.e30.e30", "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2V9..e30",
]  # fmt: skip


@pytest.mark.parametrize("junk", JUNK, ids=range(len(JUNK)))
def test_junk_costs_the_proof_not_the_event(junk: Any) -> None:
    for where in (SITE, keyed()):
        strength, email_strength, unproven = with_token(junk, where)
        assert (strength, email_strength) == (ASSERTED, ASSERTED)
        assert unproven in ("token_malformed", "token_signature")


@pytest.mark.parametrize("payload", [b"", b"x", b"[]", b"7", b"null", b"\xff", b'{"exp":1e999}', b'{"exp":NaN}', b"[" * 5_000,
                                     b'{"exp":' + b"9" * 5_000 + b"}", b'{"exp":1,"sub":"\\ud800"}'])  # fmt: skip
def test_a_rightly_signed_payload_that_is_none(payload: bytes) -> None:
    made = jwt.PyJWS().encode(payload, SECRET, algorithm="HS256")
    assert with_token(made)[2] in ("token_malformed", "token_other_site")


def test_the_length_of_a_token() -> None:
    fitting = token(more="x" * (MAX_TOKEN // 2))
    assert len(fitting) < MAX_TOKEN
    assert with_token(fitting) == PROVEN
    assert with_token(token(more="x" * MAX_TOKEN))[2] == "token_malformed", "signed, but too long to be looked at"


text = st.text(st.characters(), max_size=40)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | text, lambda inner: st.lists(inner) | st.dictionaries(text, inner)
)
parts = st.binary(max_size=60).map(lambda value: base64.urlsafe_b64encode(value).decode().rstrip("="))
tokens = st.lists(parts, min_size=1, max_size=5).map(".".join) | text | anything


@given(tokens, anything, anything, st.sampled_from(MODES), st.booleans())
def test_proof_never_raises(made: Any, hashed: Any, actor: Any, mode: str, is_keyed: bool) -> None:
    where = msgspec.structs.replace(keyed() if is_keyed else SITE, verify=mode, user_hash=True)
    event = sent(where, context={"token": made, "userHash": hashed, "actor": actor, "groupId": actor})
    assert event.asserted.strength == ASSERTED
    assert event.asserted.unproven is None or event.asserted.unproven in set(Unproven)
    assert not {"token", "userHash"} & event.context.keys()


@given(st.integers(0, 400), st.integers(0, 255))
def test_a_token_that_was_tampered_with(place: int, byte: int) -> None:
    made = token(email=EMAIL).encode()
    changed = made[: place % len(made)] + bytes([byte]) + made[place % len(made) + 1 :]
    strength, _, unproven = with_token(changed.decode("latin-1"))
    assert (strength, unproven) == (VERIFIED, None) if changed == made else unproven is not None


# -- storage -----------------------------------------------------------------------------------------------------------------


def test_one_token_for_a_batch() -> None:
    """Token proves each event that names its user, and stays in the batch context for the next."""
    shared = {"token": token(), "userHash": "x", "page": {"url": "https://x.io"}}
    for raw in (dict[str, Any](), TRACK):
        event = sent(batch=shared, **raw)
        assert outcome(event) == PROVEN
        assert event.context == {"page": {"url": "https://x.io"}}
    assert outcome(sent(batch=shared, user_id="user-8"))[2] == "token_other_user"
    assert outcome(sent(batch=shared, **NOBODY)) == PLAIN
    assert set(shared) == {"token", "userHash", "page"}
    own = {"token": token(), "a": 1}
    sent(context=own)
    assert set(own) == {"token", "a"}, "nobody's dictionary is changed in place"
    assert outcome(sent(batch={"token": token("k" * 40)}, context={"token": token()})) == PROVEN, "the event's goes first"


def test_the_fingerprint_does_not_depend_on_the_proof() -> None:
    """Duplicate: the same event an hour later, though its token has expired."""
    first = sent(context={"token": token(email=EMAIL)})
    again = sent(context={"token": token(email=EMAIL, exp=SECONDS - HOUR)})
    assert (first.asserted.email, again.asserted.email, again.asserted.unproven) == (EMAIL, None, "token_expired")
    assert first.fingerprint == again.fingerprint


def test_no_secret_is_kept_of_any_event() -> None:
    made, hashed = token(), user_hash()
    context = {"token": made, "userHash": hashed}
    bodies = [
        {"type": "identify", "anonymousId": ANON, "userId": USER, "context": context},
        {"type": "nonsense", "context": context},
        {"type": "identify", "anonymousId": ANON, "userId": USER, "context": {**context, "page": "x" * 40_000}},
    ]
    items = [json.dumps(body).encode() for body in bodies]
    kept = pipeline.run(Batch([*items, items[0][:-3]], cut_off=items[0][: items[0].index(b'"userHash"') - 5]), SEGMENT,
                        RequestContext(SITE, NOW))  # fmt: skip
    assert (len(kept.events), len(kept.quarantined)) == (1, 4)
    for stored in (msgspec.json.encode(kept.events), *(bad.body for bad in kept.quarantined)):
        assert made[:-5].encode() not in stored
        assert hashed.encode() not in stored
    assert kept.events[0].asserted.strength == VERIFIED
    assert made.encode() not in kept.events[0].raw, "it may still end in quarantine, as a conflict"


# -- impersonation ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "actor"),
    [
        ("admin-7", "admin-7"), ("x" * 255, "x" * 255), ("x" * 256, UNKNOWN_ACTOR), (7, UNKNOWN_ACTOR), (0, UNKNOWN_ACTOR),
        (True, UNKNOWN_ACTOR), ({"id": 1}, UNKNOWN_ACTOR), (["a"], UNKNOWN_ACTOR), ("null", UNKNOWN_ACTOR),
        ("a\x00", UNKNOWN_ACTOR), (" ", UNKNOWN_ACTOR),
        (None, None), ("", None), (False, None), ({}, None), ([], None),
    ],
)  # fmt: skip
def test_actor(said: Any, actor: str | None) -> None:
    for proof in (ASSERTED, VERIFIED):
        event = sent(proof=proof, context={"actor": said})
        assert event.asserted.actor == actor
        assert bool(event.flags & Flag.IMPERSONATED) == (actor is not None)


def test_the_actor_of_a_batch() -> None:
    assert sent(batch={"actor": "admin-7"}).asserted.actor == "admin-7"
    assert sent(site(verify="required"), context={"actor": "admin-7"}).asserted.unproven == "unsigned", (
        "an actor proves nothing"
    )
