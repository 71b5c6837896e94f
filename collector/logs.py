"""Structured logs on standard error, one line an entry, without personal data.

Nothing here logs an address, an id, a cookie or a body; a line names sites by their number, routes by their template.
"""

from __future__ import annotations

import logging
import sys

import structlog


def configure_logs(level: str, log_format: str) -> None:
    """Set up structlog for the process; `level` and `log_format` as in Settings."""
    number = logging.getLevelNamesMapping()[level.upper()]
    last = structlog.processors.JSONRenderer() if log_format == "json" else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
