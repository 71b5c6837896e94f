"""The one place where the tree of errors.py becomes HTTP answers."""

from __future__ import annotations

from typing import Any

import msgspec
import structlog
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap

from ..errors import BadParameter, PasserbyError
from ..storage.faults import answer_to, is_text_that_no_store_holds
from .json_answer import JSONAnswer

log = structlog.get_logger()
_CODES = {
    400: "bad_request",
    401: "missing_key",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
}


def error_body(error: PasserbyError) -> tuple[bytes, dict[str, str]]:
    """The answer to a refused request, `{"code", "message"}`, and Retry-After where sending again can help."""
    headers = {} if error.retry_after is None else {"retry-after": str(error.retry_after)}
    return msgspec.json.encode({"code": error.code, "message": error.message}), headers


def error_response(error: PasserbyError) -> Response[bytes]:
    body, headers = error_body(error)
    return Response(body, status_code=error.status, media_type=MediaType.JSON, headers=headers)


def _known(_: Request[Any, Any, Any], error: PasserbyError) -> Response[bytes]:
    return error_response(error)


def _http(_: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    body = msgspec.json.encode({"code": _CODES.get(error.status_code, "bad_request"), "message": error.detail})
    return Response(body, status_code=error.status_code, media_type=MediaType.JSON)


def known_error(error: Exception) -> PasserbyError | None:
    """Return what an error from below is to a client: its store that does not answer, its text; None for a fault of ours."""
    if is_text_that_no_store_holds(error):
        return BadParameter("There are characters in this request that no name can hold.")
    answer = answer_to(error)
    if answer is not None:
        log.error("the store is not available", error=type(error).__name__, cause=str(getattr(error, "orig", "")))
    return answer


def _unknown(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    return error_response(_told_of(str(request.scope.get("path_template")), error))


def _told_of(route: str, error: Exception) -> PasserbyError:
    """Return what a client is told of an error that nobody expected; a fault of ours is logged."""
    known = known_error(error)
    if known is None:
        log.error("unhandled error", route=route, exc_info=error)
    return known or PasserbyError()


def fault_answer(route: str, error: Exception) -> JSONAnswer:
    """The same for what is answered without Litestar."""
    told = _told_of(route, error)
    body, headers = error_body(told)
    return JSONAnswer(body, headers, told.status)


EXCEPTION_HANDLERS: ExceptionHandlersMap = {PasserbyError: _known, HTTPException: _http, Exception: _unknown}
