"""Values of a site's settings that not every text is: domains, addresses, names of cookies, and lists of them.

Each function takes what was given and returns what a site holds. It raises ConfigError with a sentence that says what is
allowed.
"""

from __future__ import annotations

import re
from typing import Any

from ..errors import ConfigError
from .base_url import base_url_fault
from .setting import Outside

_DOMAIN = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\Z")
"""Letters, digits and dashes; other alphabets in their xn-- form, which is what browsers send."""
_COOKIE_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}\Z")


def once(given: tuple[str, ...], _: Outside) -> tuple[str, ...]:
    """Return a list without the empty text, which stands for none; each once."""
    return tuple(dict.fromkeys(text for text in given if text != ""))


def domains(given: tuple[str, ...], outside: Outside) -> tuple[str, ...]:
    """Return domains in the form that browsers compare."""
    return tuple(domain(text, outside) for text in given)


def domain(text: str, outside: Outside) -> str:
    """Return a domain, or that of an address, in the form that browsers compare."""
    bare = text.strip().lower().partition("://")[2] or text.strip().lower()
    found = bare.partition("/")[0].partition(":")[0].strip(".")
    if not _DOMAIN.match(found):
        raise ConfigError(f"{text!r} is not a domain; write it like example.com (its subdomains are included).")
    if outside.is_public_suffix(found):
        raise ConfigError(f"{found!r} is a public suffix: everybody's sites are below it. Name your own, like shop.{found}.")
    return found


def cookie_name(text: str, _: Outside) -> str:
    """Return a base name for cookies."""
    if not _COOKIE_NAME.match(text):
        raise ConfigError(f"{text!r} is no name for a cookie: letters, digits, dots, dashes and underscores, at most 64.")
    return text


def base_url(url: str, _: Outside) -> str:
    """Return an address that browsers may be sent to; one with credentials is not repeated in the error."""
    if fault := base_url_fault(url):
        raise ConfigError(f"{'--base-url' if '@' in url else repr(url)} {fault}")
    return url


def identity_keys(given: tuple[str, ...], outside: Outside) -> tuple[Any, ...]:
    """Return the public keys that the texts name."""
    return outside.identity_keys(once(given, outside))


def underscored(given: tuple[str, ...], outside: Outside) -> tuple[str, ...]:
    """Return names, given with dashes, as programs write them."""
    return tuple(name.replace("-", "_") for name in once(given, outside))


def protected(given: tuple[str, ...], outside: Outside) -> tuple[str, ...]:
    """Return the forms that say whom no trimming removes."""
    return tuple(_protecting(text) for text in once(given, outside))


def _protecting(text: str) -> str:
    kind, _, name = text.partition(":")
    if text == "account" or (kind in ("account", "tag", "field") and name):
        return text
    raise ConfigError(f"{text!r} protects nobody; write account, account:ID, tag:NAME or field:NAME.")
