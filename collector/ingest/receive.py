"""One request from bytes to receipt: unpack, find the site, decode, run the steps, commit, answer. Of any protocol."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from ..domain.events import Flag, Proof, Reason
from ..domain.ip import Address
from ..domain.sites import Site, owns_host
from ..domain.times import parse_time
from ..errors import (
    BadBody,
    ConflictingKeys,
    Forbidden,
    MissingKey,
    OriginRefused,
    PasserbyError,
    RateLimited,
    SenderOverBudget,
    TooLarge,
    Unavailable,
    UnknownKey,
)
from ..ports import Clock, Journal, Room, SiteDirectory, Submission
from .body import unpack
from .context import AT_ONCE, OFF_LOOP, Allowance, RequestContext
from .decoder import Decoder, Unacceptable
from .off_loop import SMALL, OffLoop
from .pipeline import Pipeline, Sorted, set_aside
from .rates import Admission, Rates
from .salvage import find_write_key
from .told import Told, told
from .weight import weight
from .wire import Batch

REFUSED = (TooLarge, RateLimited, SenderOverBudget, Unavailable, ConflictingKeys, Forbidden, Unacceptable)
"""Errors counted as refused where it is known whose the request is; the others are kept, or the caller's own. The last three
are of a body that could be read (decoder.py)."""


class Incoming(msgspec.Struct, frozen=True):
    """A request as HTTP brought it, but for its body. `keys` are the keys in its headers and query; `origin_host` the host
    of the page that sent it, None when no page did, empty when it hides which; `client_address` whose request it is,
    `admission` what it takes from the rates, `room` the memory that it may hold."""

    keys: tuple[str, ...] = ()
    prefix_site: Site | None = None
    is_browser: bool = False
    origin_host: str | None = None
    user_agent: str | None = None
    client_address: Address | None = None
    admission: Admission | None = None
    room: Room | None = None


class Received(msgspec.Struct, frozen=True):
    """Answer to a request, for which site, the anonymous id that the browser used last, whether it is a known bot, and
    whether a page view was among it."""

    site: Site
    told: Told
    anonymous_id: str | None
    is_bot: bool = False
    has_page: bool = False


class Receiver:
    """The ingest path above the journal and below HTTP."""

    def __init__(
        self, sites: SiteDirectory, pipeline: Pipeline, journal: Journal, clock: Clock, rates: Rates | None = None
    ) -> None:
        self.rates = rates or Rates({})
        self.sites = sites
        self.pipeline = pipeline
        self.journal = journal
        self.clock = clock
        self._off_loop = OffLoop()

    async def read(self, incoming: Incoming, body: Callable[[], Awaitable[bytes]]) -> bytes:
        """Read the body of a request that the rates admit; one that is too large, too much or finds no room is counted."""
        try:
            self.admit(incoming)
            return await body()
        except REFUSED:
            self._count_refused(incoming)
            raise

    async def receive(self, incoming: Incoming, body: bytes, decoder: Decoder) -> Received:
        """Store what the request carries. Raises one of errors.py when nothing of it could be stored."""
        received_at = self.clock()
        self._check_keys(incoming)
        try:
            body = unpack(body, incoming.room)
            batch = await self._decoded(incoming, body, decoder)
        except REFUSED:
            self._count_refused(incoming)
            raise
        except PasserbyError as error:
            await self._keep_unreadable(incoming, body, decoder, received_at, error)
            raise
        site, proof = self.site_of(incoming, batch.write_key)
        request = RequestContext(
            site=site,
            received_at=received_at,
            proof=proof,
            is_browser=incoming.is_browser,
            user_agent=incoming.user_agent,
            sent_at=parse_time(batch.sent_at),
            batch_context=batch.context.value,
            client_address=incoming.client_address,
            costly=Allowance(AT_ONCE),
        )
        try:
            outcome = await self._admitted(incoming, body, batch, decoder, request)
        except REFUSED:
            self.journal.refuse(site.site_id, max(1, batch.count))
            raise
        return await self._commit(outcome, decoder, request)

    def admit(self, incoming: Incoming) -> None:
        """Take a request from the rates, as far as its headers and its path say whose it is. Raises RateLimited."""
        if incoming.admission is None:
            return
        site = self._site_of_unreadable(incoming)
        if site is not None:
            incoming.admission.know(site.site_id, incoming.keys[0] if incoming.keys else None)

    async def _admitted(
        self, incoming: Incoming, body: bytes, batch: Batch, decoder: Decoder, request: RequestContext
    ) -> Sorted:
        """Run the steps within the memory and the rates of whose request this is. Raises one of REFUSED."""
        if incoming.admission is not None:
            incoming.admission.know(request.site.site_id, *{key for key in (*incoming.keys, batch.write_key) if key})
        if incoming.room is not None:
            await incoming.room.wait(weight(body, len(batch.items), batch.context.size))
        outcome = await self._sorted(len(body), batch, decoder, request)
        if incoming.admission is not None:
            incoming.admission.charge(outcome.events, outcome.received)
        return outcome

    def _check_keys(self, incoming: Incoming) -> None:
        """Look at the keys in the headers before anything is done with the body. Raises UnknownKey, ConflictingKeys."""
        keys = set(incoming.keys)
        if len(keys) > 1:
            raise ConflictingKeys
        for key in keys:
            self._by_key(key)

    async def _decoded(self, incoming: Incoming, body: bytes, decoder: Decoder) -> Batch:
        """Take the body apart. One that does not decode is salvaged, but only for a site whose key it holds."""
        batch = decoder.batch(body)
        if batch is not None:
            return batch
        if not incoming.keys:
            key = find_write_key(body)
            if key is None or (self.sites.known.by_write_key(key) is None and self.sites.known.by_secret(key) is None):
                raise BadBody
        return await self._off_loop.call(decoder.salvage, body)

    async def _sorted(self, size: int, batch: Batch, decoder: Decoder, request: RequestContext) -> Sorted:
        """Run the steps: at once for what is small and cheap, else beside the event loop."""
        if size <= SMALL:
            outcome = self.pipeline.run(batch, decoder, request)
            if not request.costly.is_overdrawn:
                return outcome
        more = msgspec.structs.replace(request, costly=Allowance(OFF_LOOP))
        return await self._off_loop.call(self.pipeline.run, batch, decoder, more)

    async def _commit(self, outcome: Sorted, decoder: Decoder, request: RequestContext) -> Received:
        submission = Submission(
            request.site, outcome.received, request.received_at, outcome.events, outcome.quarantined, decoder.source
        )
        last = next((event.anonymous_id for event in reversed(outcome.events) if event.anonymous_id), None)
        receipt = await self.journal.submit(submission)
        is_bot = any(event.flags & Flag.BOT for event in outcome.events)
        return Received(
            request.site, told(receipt, request.proof), last, is_bot, any(event.type == "page" for event in outcome.events)
        )

    def site_of(self, incoming: Incoming, body_key: str | None) -> tuple[Site, Proof]:
        """Return the site whose key the request holds, and what that key proves.

        Raises MissingKey, UnknownKey, ConflictingKeys, or OriginRefused (which is counted).
        """
        keys = {key for key in (*incoming.keys, body_key) if key}
        if len(keys) > 1:
            raise ConflictingKeys
        if not keys:
            raise MissingKey
        site, proof = self._by_key(keys.pop())
        if incoming.prefix_site is not None and incoming.prefix_site.site_id != site.site_id:
            raise ConflictingKeys("The key belongs to another site than the path.")
        page = incoming.origin_host
        if site.only_own_origins and page is not None and not owns_host(site, page):
            self.journal.refuse(site.site_id)
            raise OriginRefused
        return site, proof

    def _by_key(self, key: str) -> tuple[Site, Proof]:
        """A write key is public: it asserts. The secret key proves that the site's own server speaks (rule K3)."""
        site = self.sites.known.by_write_key(key)
        if site is not None:
            return site, Proof.ASSERTED
        site = self.sites.known.by_secret(key)
        if site is None:
            raise UnknownKey(key=key)
        return site, Proof.VERIFIED

    def _count_refused(self, incoming: Incoming) -> None:
        """Count a request that was refused as a whole, if its headers say whose it is; its events were not looked at."""
        site = self._site_of_unreadable(incoming)
        if site is not None:
            self.journal.refuse(site.site_id)

    async def _keep_unreadable(
        self, incoming: Incoming, body: bytes, decoder: Decoder, received_at: int, error: PasserbyError
    ) -> None:
        """A body from which no event could be cut is kept once, unpacked if it unpacks, if we can tell whose it is."""
        site = self._site_of_unreadable(incoming)
        if site is None:
            if incoming.keys:
                raise UnknownKey
            return
        kept = set_aside(0, Reason.UNREADABLE_BODY, error.message, body)
        await self.journal.submit(Submission(site, 1, received_at, [], [kept], decoder.source))

    def _site_of_unreadable(self, incoming: Incoming) -> Site | None:
        if len(set(incoming.keys)) == 1:
            return self.sites.known.by_write_key(incoming.keys[0]) or self.sites.known.by_secret(incoming.keys[0])
        return None if incoming.keys else incoming.prefix_site
