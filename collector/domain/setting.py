"""One setting of a site as it is declared: what follows from the declaration for the command line, programs and browsers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, get_args, get_origin

import msgspec

from ..errors import ConfigError

Kind = Literal["flag", "number", "choice", "text", "list"]
Control = Literal["checkbox", "number", "select", "text", "lines", "checkboxes"]

_CONTROLS: dict[Kind, Control] = {
    "flag": "checkbox",
    "number": "number",
    "choice": "select",
    "text": "text",
    "list": "lines",
}


class Outside(msgspec.Struct, frozen=True):
    """Dependencies of accepting a value that are outside the domain: the public suffix list, and the reader of keys.

    `identity_keys` makes IdentityKeys of the given texts; it raises ConfigError for what is none.
    """

    is_public_suffix: Callable[[str], bool]
    identity_keys: Callable[[tuple[str, ...]], tuple[Any, ...]]


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """The declaration of a setting, in the annotation of its field. `name`, `default` and `kind` are taken from the field.

    `label` and `help` are for people; `{default}` in `help` is the default. `option` is the command line's: by itself the
    name with dashes, None for what nobody sets by hand; `off` switches a flag off, by itself `--no-...`. `choices` are
    written as they are given. `unset` says what holds where the default is None. `key` is the name in
    `passerby site show --json`, by itself the field's. `letter` is the one of `Config` in `snippet/src/types.ts`.
    """

    label: str
    help: str
    option: str | None = ""
    off: str = ""
    metavar: str | None = None
    choices: tuple[str, ...] = ()
    least: int = 0
    most: int = 0
    unset: str = ""
    key: str = ""
    letter: str = ""
    accept: Callable[[Any, Outside], Any] | None = None
    """Makes what a site holds of what was given. Raises ConfigError, whose sentence says what is allowed."""
    shown: Callable[[Any], Any] | None = None
    """Makes what `passerby site show --json` prints of what a site holds."""
    told: Callable[[Any], Any] | None = None
    """Makes what the browser gets of what a site holds."""
    name: str = ""
    default: Any = None
    kind: Kind = "text"

    @property
    def control(self) -> Control:
        """The kind of control that a form has for it; `lines` is a text with one value a line."""
        return "checkboxes" if self.kind == "list" and self.choices else _CONTROLS[self.kind]

    def accepted(self, value: Any, outside: Outside) -> Any:
        """Return the given value as a site holds it; an empty text takes back what is None by itself.

        Raises ConfigError for what is not allowed, with a sentence that says what is."""
        if self.kind == "text" and self.default is None and value == "":
            return None
        if not self._fits(value):
            raise ConfigError(f"{self.option} takes {self._allowed()}, not {value!r}.")
        return self.accept(value, outside) if self.accept else value

    def _fits(self, value: Any) -> bool:
        if self.kind == "flag":
            return isinstance(value, bool)
        if self.kind == "number":
            return isinstance(value, int) and not isinstance(value, bool) and self.least <= value <= self.most
        if self.kind == "list":
            texts = isinstance(value, tuple) and all(isinstance(text, str) for text in value)
            return texts and (not self.choices or {*value} <= {*self.choices, ""})
        return isinstance(value, str) and (not self.choices or value in self.choices)

    def _allowed(self) -> str:
        if self.kind == "number":
            return f"a whole number from {self.least} to {self.most}"
        if self.choices:
            return f"{'some' if self.kind == 'list' else 'one'} of {', '.join(self.choices)}"
        return {"flag": "true or false", "list": "a list of texts"}.get(self.kind, "a text")


def declared(struct: type[msgspec.Struct]) -> tuple[Setting, ...]:
    """Return the settings that the annotations of a struct's fields declare, each completed from its field."""
    return tuple(_completed(field) for field in msgspec.structs.fields(struct))


def _completed(field: msgspec.structs.FieldInfo) -> Setting:
    held, setting = get_args(field.type)
    dashed = field.name.replace("_", "-")
    option = f"--{dashed}" if setting.option == "" else setting.option
    kind = _kind(held, setting)
    completed: Setting = msgspec.structs.replace(
        setting,
        name=field.name,
        default=field.default,
        kind=kind,
        option=option,
        off=(setting.off or option.replace("--", "--no-", 1)) if kind == "flag" else "",
        key=setting.key or field.name,
        help=setting.help.replace("{default}", str(field.default)),
    )
    return completed


def _kind(held: Any, setting: Setting) -> Kind:
    if get_origin(held) is tuple:
        return "list"
    if held in (bool, int):
        return "flag" if held is bool else "number"
    return "choice" if setting.choices else "text"
