"""Where the files that travel with the package are: beside it in a checkout, inside it in an installation."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def _find(name: str) -> Path:
    inside = _PACKAGE / name
    return inside if inside.exists() else _PACKAGE.parent / name


def templates_dir() -> Path:
    return _find("templates")


def static_dir() -> Path:
    return _PACKAGE / "static"


def shop_dir() -> Path:
    return _find("examples") / "shop"
