"""JSON Schema of a message: what the types say, with nothing written twice."""

from __future__ import annotations

import json
from pathlib import Path

from collector.domain.message_schema import DIALECT, message_schema
from collector.domain.messages import Message

PAGE = (Path(__file__).parents[3] / "docs" / "messages.md").read_text()


def test_schema() -> None:
    schema = message_schema()
    assert schema["$schema"] == DIALECT
    top = schema["$defs"][schema["$ref"].rpartition("/")[2]]
    assert set(top["properties"]) == set(Message.__struct_fields__)
    assert top["additionalProperties"] is False
    assert set(top["required"]) == {"key", "name", "where", "content"}
    json.dumps(schema)


def test_every_field_is_documented() -> None:
    """The table of docs/messages.md names each field of the document."""
    for name in Message.__struct_fields__:
        assert f"`{name}" in PAGE, name
