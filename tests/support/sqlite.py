"""SQLite that the collector is linked with, for looking at a store from outside. It has no types of its own."""

from __future__ import annotations

from importlib import import_module
from typing import Any

pysqlite3: Any = import_module("pysqlite3")
