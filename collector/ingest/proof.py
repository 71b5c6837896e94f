"""How an event's assertion is proven (rule R21): by the secret key, a signed token, or the HMAC of the user id.

A site's own server signs a short-lived JWT for the user who is signed in; the page sends it along as `context.token`. A
wrong proof never costs the event: it is stored, and `unproven` says why it is not believed. Sources: RFC 7519, RFC 8725.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import jwt
import msgspec
from msgspec.structs import replace

from ..domain.events import DAY, MINUTE, SECOND, Draft, Flag, Proof
from ..domain.identifiers import email_key, names_somebody
from ..domain.log import Unproven
from ..domain.site_settings import IdentityKey
from ..domain.sites import Site
from .context import RequestContext
from .wire import RawEvent

Keyring = Callable[[Site], str]
"""A site's secret key, as `passerby site show` prints it."""

SECRETS = ("token", "userHash")
"""Members of `context` that prove who somebody is. They are read once and never stored."""
MAX_TOKEN = 8 * 1024
"""Characters."""
MAX_LIFETIME = DAY
LEEWAY = MINUTE
"""How far the clock of the server that signed may be off."""
UNKNOWN_ACTOR = "unknown actor"
PUBLIC_ALGORITHMS = frozenset({"RS256", "ES256", "EdDSA"})


class Claims(msgspec.Struct, frozen=True):
    """Claims of a token. Strictly typed: a number as `sub` is a mistake that is better found than guessed at."""

    exp: int | float
    site: str | None = None
    sub: str | None = None
    anon_id: str | None = None
    email: str | None = None
    iat: int | float | None = None
    nbf: int | float | None = None


_signatures = jwt.PyJWS()
_claims = msgspec.json.Decoder(Claims)


def put_actor(raw: RawEvent, event: Draft, request: RequestContext) -> None:
    """Put the actor of an impersonation (rule R23). One that cannot be read still keeps the event out of all counts."""
    said = event.context.get("actor")
    if said is None or said is False or said in ("", {}, []):
        return
    legal = isinstance(said, str) and names_somebody(said)
    event.asserted = replace(event.asserted, actor=said if legal else UNKNOWN_ACTOR)
    event.flags |= Flag.IMPERSONATED


class Prover:
    """Proves what events assert, with the sites' secret keys from `secret_of` and the sites' own public keys."""

    def __init__(self, secret_of: Keyring) -> None:
        self.secret_of = secret_of
        # One token often comes with every event of a batch, and a wrong one costs as much to check as a right one.
        self._read = lru_cache(maxsize=1_000)(self._verified)

    def put_proof(self, raw: RawEvent, event: Draft, request: RequestContext) -> None:
        """Settle how sure we are who speaks, and take the secrets out of the context. Never raises.

        Runs after the fingerprint, which must not depend on it: sent again, the same event may carry an expired token.
        """
        token, user_hash = _take_secrets(event)
        if request.proof < Proof.VERIFIED and request.site.verify != "off":
            fault = self._weigh(token, user_hash, event, request)
            if fault is not None:
                event.asserted = replace(event.asserted, unproven=fault)
                event.flags |= Flag.UNVERIFIED
        said = event.asserted
        is_address_only = said.email is not None and said.user_id is None
        if is_address_only and said.unproven is None and said.email_strength == Proof.ASSERTED:
            event.asserted = replace(said, email_strength=Proof.TYPED)
            event.flags |= Flag.TYPED

    def _weigh(self, token: object, user_hash: object, event: Draft, request: RequestContext) -> Unproven | None:
        """Raise the event's proof as far as its secrets reach, or say what is wrong with them."""
        said = event.asserted
        asserts = said.user_id is not None or said.email is not None
        if not asserts and (event.type != "identify" or said.illegal_id is not None):
            return None  # it speaks for nobody, so a batch's token is not about it
        if token not in (None, ""):
            claims = self._read(token, request.site) if isinstance(token, str) else Unproven.MALFORMED
            return claims if isinstance(claims, Unproven) else _weigh_claims(claims, event, request)
        if request.site.user_hash and said.user_id is not None and user_hash not in (None, ""):
            return self._weigh_hash(user_hash, said.user_id, event, request.site)
        return Unproven.UNSIGNED if asserts and request.site.verify == "required" else None

    def _weigh_hash(self, said: object, user_id: str, event: Draft, site: Site) -> Unproven | None:
        expected = hmac.new(self.secret_of(site).encode(), _bytes(user_id), hashlib.sha256).hexdigest()
        if not isinstance(said, str) or not hmac.compare_digest(_bytes(said.lower()), expected.encode()):
            return Unproven.USER_HASH_WRONG
        _prove_user(event)
        return None

    def _verified(self, token: str, site: Site) -> Claims | Unproven:
        """Return the claims of a token whose signature is right. Keys are found anew when the site's change."""
        if len(token) > MAX_TOKEN or not token.isascii():
            return Unproven.MALFORMED
        try:
            header = _signatures.get_unverified_header(token)
        except Exception:  # strangers' bytes in other people's parsers: whatever it was, the event is stored
            return Unproven.MALFORMED
        try:
            algorithm, key = self._key(header, site)
            payload: bytes = _signatures.decode(token, key, algorithms=[algorithm])
        except Exception:  # as above; also a public key that was configured wrongly
            return Unproven.SIGNATURE
        try:
            return _claims.decode(payload)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return Unproven.MALFORMED

    def _key(self, header: dict[str, Any], site: Site) -> tuple[str, Any]:
        """Return the one key that may verify this token, with the algorithm that is fixed with the key.

        The token's header only chooses among keys: a public key never serves as an HMAC's secret, nor the other way round.
        Raises InvalidKeyError when it chooses none.
        """
        kid, algorithm = header.get("kid"), header.get("alg")
        named = [key for key in site.identity_keys if key.kid == kid]
        if not named and algorithm == "HS256":
            return "HS256", self.secret_of(site)
        if not named and kid is None:
            named = [key for key in site.identity_keys if key.algorithm == algorithm]
        if len(named) != 1 or named[0].algorithm not in PUBLIC_ALGORITHMS:
            raise jwt.InvalidKeyError
        return named[0].algorithm, _public_key(named[0])


@lru_cache(maxsize=100)
def _public_key(key: IdentityKey) -> Any:
    return _signatures.get_algorithm_by_name(key.algorithm).prepare_key(key.pem)


def _take_secrets(event: Draft) -> tuple[Any, Any]:
    """Take the secrets out of the context: into a new one, because a batch's may be shared."""
    context = event.context
    if "token" not in context and "userHash" not in context:
        return None, None
    event.context = {name: value for name, value in context.items() if name not in SECRETS}
    return context.get("token"), context.get("userHash")


def _weigh_claims(claims: Claims, event: Draft, request: RequestContext) -> Unproven | None:
    fault = _misplaced(claims, request) or _mismatched(claims, event)
    if fault is not None:
        return fault
    if claims.sub is not None:
        _prove_user(event)
    return _weigh_address(claims, event)


def _misplaced(claims: Claims, request: RequestContext) -> Unproven | None:
    """Say whether the token is for another site or another time, by the clock that the request was received with."""
    if claims.site != request.site.uuid:
        return Unproven.OTHER_SITE
    now = request.received_at
    begin = max(claims.iat or 0, claims.nbf or 0) * SECOND
    if now >= claims.exp * SECOND + LEEWAY or now < begin - LEEWAY:
        return Unproven.EXPIRED
    return Unproven.TOO_LONG_LIVED if claims.exp * SECOND > now + MAX_LIFETIME + LEEWAY else None


def _mismatched(claims: Claims, event: Draft) -> Unproven | None:
    """Say whether the token is about somebody else than the event."""
    if claims.anon_id is not None and claims.anon_id != event.anonymous_id:
        return Unproven.OTHER_ANONYMOUS_ID
    if claims.sub is not None:
        return None if claims.sub == event.asserted.user_id else Unproven.OTHER_USER
    return Unproven.WITHOUT_USER if event.asserted.user_id is not None or claims.email is None else None


def _weigh_address(claims: Claims, event: Draft) -> Unproven | None:
    """Prove the address that the token names. With a user's token, another address in the traits stays asserted."""
    address = email_key(claims.email) if claims.email is not None else None
    if claims.sub is None and address is None:
        return Unproven.MALFORMED
    if address is None or claims.email is None:
        return None
    if event.asserted.email is None and event.type == "identify":
        event.asserted = replace(event.asserted, email=address, email_display=claims.email.strip())
    if event.asserted.email == address:
        strength = Proof.PROVEN_EMAIL if claims.sub is None else Proof.VERIFIED
        event.asserted = replace(event.asserted, email_strength=strength)
        return None
    return Unproven.OTHER_USER if claims.sub is None else None


def _prove_user(event: Draft) -> None:
    """Believe the user id. An alias names a second one, for which no token speaks: it stays asserted."""
    if event.type != "alias":
        event.asserted = replace(event.asserted, strength=Proof.VERIFIED)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
