"""Base URL, under which browsers reach the collector."""

from __future__ import annotations

import pytest

from collector.domain.base_url import base_url_fault


@pytest.mark.parametrize(
    "url",
    [
        "https://www.example.com", "http://localhost:8000", "https://example.com/stats", "https://example.com/stats/",
        "http://[::1]:8000", "https://example.com/@stats", "https://xn--bcher-kva.example",
    ],
)  # fmt: skip
def test_base_url(url: str) -> None:
    assert base_url_fault(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "", "www.example.com", "//www.example.com", "ftp://example.com", "javascript:alert(1)", "https://", "https:///x",
        "https://example.com?a=1", "https://example.com/#a", "https://exa mple.com", "https://example.com\\x", "https://e.com\n",
        "https://example.com:x", "https://example.com:0", "https://example.com:99999", "https://e.com/</script>", "http://[::1",
    ],
)  # fmt: skip
def test_no_base_url(url: str) -> None:
    assert "is not an address" in (base_url_fault(url) or "")


@pytest.mark.parametrize(
    "url", ["https://ada:secret@example.com", "https://ada@example.com/x", "https://@example.com", "x://:a@b"]
)
def test_credentials_would_be_in_every_page(url: str) -> None:
    fault = base_url_fault(url) or ""
    assert "user name or password" in fault
    assert "ada" not in fault
