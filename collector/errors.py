"""One tree of errors: a stable code, an HTTP status and a sentence for the person who has to mend it.

`web/errors.py` maps the whole tree to answers in one place; nothing else in the package builds an error answer.
"""

from __future__ import annotations

from typing import ClassVar


class PasserbyError(Exception):
    """The root. `code` is stable (programs compare it); the sentence may change."""

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500
    sentence: ClassVar[str] = "Something went wrong on our side; the request can be sent again."
    retry_after: int | None = None
    """Seconds after which the same bytes may be sent again; None where that cannot help."""

    def __init__(self, sentence: str | None = None) -> None:
        super().__init__(sentence or self.sentence)

    @property
    def message(self) -> str:
        return str(self.args[0])


class BadRequest(PasserbyError):
    """The caller's fault, final: sending the same bytes again cannot help."""

    code = "bad_request"
    status = 400
    sentence = "The request could not be understood."


class BadBody(BadRequest):
    code = "bad_body"
    sentence = "The body is not JSON from which a single event could be cut out."


class BadCompression(BadRequest):
    code = "bad_gzip"
    sentence = "The body begins like gzip but does not unpack."


class ConflictingKeys(BadRequest):
    code = "conflicting_keys"
    sentence = "The request names two different write keys."


class BadParameter(BadRequest):
    code = "bad_parameter"


class MissingKey(PasserbyError):
    code = "missing_key"
    status = 401
    sentence = "No key: send the write key as Basic user name, Bearer, X-Write-Key, `writeKey` in the body or in the query."


class UnknownKey(PasserbyError):
    code = "unknown_key"
    status = 401
    sentence = "This key belongs to no site of this installation; `passerby site show --json` prints the right one."

    def __init__(self, sentence: str | None = None, *, key: str = "") -> None:
        super().__init__(sentence)
        self.key = key


class Forbidden(PasserbyError):
    code = "forbidden"
    status = 403
    sentence = "This key may not do that."


class OriginRefused(Forbidden):
    code = "origin_refused"
    sentence = "This site accepts events only from its own domains; add the page's domain with `passerby site set`."


class NotFound(PasserbyError):
    code = "not_found"
    status = 404
    sentence = "There is nothing here."


class Conflict(PasserbyError):
    """Conflict with the present state: done already, or cannot be done to this."""

    code = "conflict"
    status = 409
    sentence = "There is nothing to do."


class BodyTimeout(PasserbyError):
    code = "body_timeout"
    status = 408
    sentence = "The body did not arrive in time."


class TooLarge(PasserbyError):
    code = "too_large"
    status = 413
    sentence = "The body is larger than 500 KB, holds more than 2,500 events, or unpacks to more than that."


class RateLimited(PasserbyError):
    """More was sent than a site, a key or an address may send (ingest/rates.py)."""

    code = "rate_limited"
    status = 429
    sentence = "More arrives than may be sent in so short a time; nothing was kept, send it again later."

    def __init__(self, sentence: str | None = None, retry_after: int = 1) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class SenderOverBudget(PasserbyError):
    """Budget of one client address spent: its requests under way take all the memory that one may have (domain/budget.py)."""

    code = "sender_over_budget"
    status = 429
    sentence = "Too much from this address is being worked on; nothing was kept, send it again later."
    retry_after = 1


class Unavailable(PasserbyError):
    """503: the outcome of the events is unknown; sending again is safe."""

    code = "unavailable"
    status = 503
    sentence = "The events could not be stored in time, or only some of them: send all again, none is counted twice."
    retry_after = 2


class StoreBroken(Unavailable):
    """The disk refused to flush: nothing may be acknowledged until a restart has checked the store."""

    code = "store_broken"
    sentence = "The store reported a failed flush; the process is stopping so that a restart can recover it."


class ConfigError(PasserbyError):
    """A setting or a command-line argument is wrong; shown by the command line without a traceback."""

    code = "bad_configuration"
