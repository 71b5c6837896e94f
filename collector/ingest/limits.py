"""The limits of the wire (docs/wire.md), in one place."""

MAX_BODY = 500 * 1024
"""Bytes of a request, before and after unpacking."""
MAX_EVENT = 32 * 1024
"""Bytes of one event."""
MAX_MERGED = 8 * MAX_BODY
"""Bytes of a request's events, each with its copy of the batch's context: what they are in the store."""
MAX_EVENTS = 2_500
"""Events in one batch."""
