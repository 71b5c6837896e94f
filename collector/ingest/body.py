"""From the bytes of a request to its text: unpacking."""

from __future__ import annotations

import codecs
import zlib

from ..errors import BadCompression, TooLarge
from ..ports import Room
from .limits import MAX_BODY

_GZIP_MAGIC = b"\x1f\x8b"


def unpack(body: bytes, room: Room | None = None) -> bytes:
    """Return the body, unpacked when its first bytes say gzip, whatever the headers say; what comes out is taken from `room`.

    Raises BadCompression for gzip that is damaged or cut off, TooLarge past the limit of size, which holds
    for what is packed and what comes out: a ratio of its own would refuse batches of a thousand like events. Raises
    SenderOverBudget or Unavailable before anything is unpacked that would not be let in.
    """
    if len(body) > MAX_BODY:
        raise TooLarge
    if not body.startswith(_GZIP_MAGIC):
        return body.removeprefix(codecs.BOM_UTF8)
    if room is not None:
        room.take(MAX_BODY)  # what the last bytes of gzip say about the size is the sender's word
    text = _inflate(body)
    if room is not None:
        room.give(MAX_BODY - len(text))
    return text.removeprefix(codecs.BOM_UTF8)


def _inflate(body: bytes) -> bytes:
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        text = inflater.decompress(body, MAX_BODY + 1)
    except zlib.error as error:
        raise BadCompression(f"The body begins like gzip but does not unpack: {error}.") from error
    if len(text) > MAX_BODY:
        raise TooLarge
    if not inflater.eof:
        raise BadCompression("The body begins like gzip but is cut off.")
    return text
