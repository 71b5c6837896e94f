"""The bodies of requests: small JSON objects, read with our own limits; whatever does not fit is a BadParameter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody

from ...domain.messages import MAX_DOCUMENT
from ...errors import BadParameter, TooLarge
from ..ingest.body import read_body
from .access import AnyRequest
from .dependencies import Reader

MAX_BYTES = 16 * 1024

Asked = TypeVar("Asked", bound=msgspec.Struct)


async def read_said(request: AnyRequest, reader: Reader) -> bytes:  # noqa: ARG001 - waits for it
    """Return the body, which is read only once `reader` is known: of nobody without the key.

    Raises TooLarge above MAX_BYTES, and BadParameter for a `preview` in the query of a POST: what was only to be looked at
    must not be done.
    """
    if request.method == "POST" and request.query_params:
        raise BadParameter("There are no parameters in the address here; `preview` stands in the body.")
    return await _read(request, MAX_BYTES)


async def read_document(request: AnyRequest, reader: Reader) -> bytes:  # noqa: ARG001 - waits for it
    """Return the body of a request that brings a message, which may be longer. Raises TooLarge."""
    return await _read(request, MAX_DOCUMENT)


async def _read(request: AnyRequest, most: int) -> bytes:
    body = await read_body(request.receive)
    if len(body) > most:
        raise TooLarge(f"The body is larger than {most // 1024} KB.")
    return body


def decode(said: bytes, kind: type[Asked]) -> Asked:
    """Return the body as `kind`; an empty one is `{}`. Raises BadParameter, whatever the content type says it is."""
    try:
        return msgspec.json.decode(said.strip() or b"{}", type=kind)
    except msgspec.ValidationError as error:
        raise BadParameter(f"The body does not fit: {error}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadParameter('The body is not JSON; an object like {"preview": true} is needed.') from error


def takes(kind: type[msgspec.Struct]) -> type[Operation]:
    """Describe a body of that kind in the OpenAPI document: Litestar knows only of those that it reads itself."""
    _, found = msgspec.json.schema_components([kind])
    schema: dict[str, Any] = found[kind.__name__]
    described = {key: value for key, value in schema.items() if key != "title"}
    return _described(described, required=bool(described.get("required")))


def takes_schema(path: str) -> type[Operation]:
    """Describe a body by the JSON Schema that is served at a path."""
    return _described({"$ref": path}, required=True)


def _described(schema: dict[str, Any], *, required: bool) -> type[Operation]:
    @dataclass
    class Described(Operation):
        def __post_init__(self) -> None:
            content = {"application/json": OpenAPIMediaType(schema=schema)}  # type: ignore[arg-type]
            self.request_body = RequestBody(content=content, required=required)

    return Described
