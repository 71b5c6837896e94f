"""The limits that an event has on the wire and in the store."""

MAX_DEPTH = 32
"""Levels of objects and arrays in one event."""
MAX_MESSAGE_ID = 100
"""Characters."""
MAX_KEPT_BYTES = 64 * 1024
"""Bytes of a bad event that the quarantine keeps."""
