"""Names that are typed into the console: NUL, halves of pairs, and what no index takes never end in a 5xx."""

from __future__ import annotations

from urllib.parse import quote, quote_from_bytes

import pytest

from tests.unit.storage.write.test_apart import TEXTS

from .browser import Browser, Desk

pytestmark = pytest.mark.stores("sqlite", "postgresql")

PAGES = [
    "/people?q={}", "/people?cursor={}", "/people/{}", "/accounts?id={}", "/accounts?cursor={}", "/visitors?id={}", "/visitors/{}",
    "/visitors?id=a&cursor={}", "/detach?id={}", "/attach?id={}&q={}", "/attach?id=a&q={}", "/attach?id={}&person={}", "/merge?source={}&target={}",
    "/merge?target={}&q={}", "/unmerge?merge={}", "/remove-email?person={}&email={}", "/delete?person={}", "/activity?tab={}", "/activity?show={}",
    "/activity?cursor={}", "/ingest?cursor={}", "/people?site={}", "/static/{}",
]  # fmt: skip
FORMS: dict[str, tuple[str, ...]] = {
    "/detach": ("id",), "/attach": ("id", "person"), "/merge": ("source", "target"), "/unmerge": ("merge",),
    "/remove-email": ("person", "email"), "/delete": ("person",),
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name, text in TEXTS.items() if isinstance(text, str) and text])
def test_odd_names_on_a_page_are_no_5xx(desk: Desk, name: str) -> None:
    desk.identify("a", "u", email="u@x.io")
    text = str(TEXTS[name])[:1_000]
    said = quote_from_bytes(text.encode("utf-8", "surrogatepass"), safe="")
    for page in PAGES:
        assert desk.get(page.format(said, said)).status_code < 500, page
    assert desk.get(f"/remove-email?person={desk.number('u')}&email={said}").status_code < 500
    token = desk.form(f"/detach?id={quote('a')}")[1]["token"]
    for path, fields in FORMS.items():
        sent = "&".join([f"token={token}", *(f"{field}={said}" for field in fields)])
        answer = desk.client.post(
            desk.base + path,
            content=sent,
            headers={"content-type": "application/x-www-form-urlencoded"},
            follow_redirects=False,
        )
        assert answer.status_code < 500, (path, answer.status_code)
    assert desk.number("u")


def test_odd_names_at_login_are_no_5xx(browser: Browser) -> None:
    for name in ("with a NUL", "half a pair"):  # no more: whoever guesses has to wait
        text = TEXTS[name]
        for field in ("name", "password", "next"):
            said = quote_from_bytes(str(text)[:1_000].encode("utf-8", "surrogatepass"), safe="")
            sent = f"token={browser.token()}&{field}={said}"
            answer = browser.client.post(
                browser.base + "/login", content=sent, headers={"content-type": "application/x-www-form-urlencoded"}
            )
            assert answer.status_code in (400, 401), (name, field, answer.status_code)
