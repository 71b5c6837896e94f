"""Console over HTTP: login, CSRF, the pages, and what strangers' data may not do in them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from collector.domain.events import Reason
from collector.storage import tables, users
from collector.storage.pinned import pin
from collector.storage.sites import add_site
from collector.web.console.words import terms
from tests.unit.storage.world import World, day

from .browser import PASSWORD, Browser, plain

NASTY = "\"'><img src=x onerror=alert(1)><script>alert(1)</script>{{7*7}}</pre>"

PAGES = ["/activity", "/activity?tab=anonymous", "/activity?tab=log", "/activity?tab=log&show=refused", "/people",
         "/people?q=x", "/accounts", "/ingest", "/jobs", "/install"]  # fmt: skip
OPERATIONS = ["/detach?id=x", "/attach?id=x&person=1", "/merge?source=1&target=2", "/unmerge?merge=1", "/delete?person=1"]


class TestLogin:
    @pytest.mark.parametrize("page", [*PAGES, *OPERATIONS, "/people/1", "/visitors/x", "/visitors?id=x"])
    def test_login_is_asked_for_on_every_page(self, browser: Browser, page: str) -> None:
        answer = browser.get(page)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/console/login?next=%2Fconsole%2F")

    def test_login_redirects_back_to_the_page(self, browser: Browser) -> None:
        answer = browser.sign_in(next="/console/people?q=ada%40example.com")
        assert (answer.status_code, answer.headers["location"]) == (303, "/console/people?q=ada%40example.com")
        assert browser.get("/people").status_code == 200
        assert browser.get("/login").status_code == 303

    @pytest.mark.parametrize(
        "there",
        ["https://evil.example/", "//evil.example", "/\\evil.example", "/console//evil", "/elsewhere", "javascript:1",
         "/console/login", "/console/a\nb", ""],
    )  # fmt: skip
    def test_login_redirects_to_no_other_site(self, browser: Browser, there: str) -> None:
        assert browser.sign_in(next=there).headers["location"] == "/console/activity"

    def test_the_cookie_is_for_this_host_only(self, browser: Browser) -> None:
        cookie = next(c for c in browser.sign_in().headers.get_list("set-cookie") if "passerby_session=" in c)
        assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Path=/;" in cookie + ";"
        assert "Domain" not in cookie

    def test_cookie_over_https_cannot_be_set_by_a_sibling(self, tmp_path: Path) -> None:
        browser = Browser(World(tmp_path), secure_cookie=True)
        with browser.client:
            cookies = browser.sign_in().headers.get_list("set-cookie")
            assert any(c.startswith("__Host-passerby_session=") and "Secure" in c for c in cookies)
            assert browser.get("/people").status_code == 200
        browser.world.store.close()

    def test_the_session_is_new_at_every_login(self, browser: Browser) -> None:
        browser.sign_in()
        first = browser.client.cookies["passerby_session"]
        browser.client.cookies.clear()
        browser.sign_in()
        assert browser.client.cookies["passerby_session"] != first

    def test_signing_out_ends_copies_too(self, inside: Browser) -> None:
        copy = inside.client.cookies["passerby_session"]
        answer = inside.post("/logout", {"token": inside.token("/people")})
        assert (answer.status_code, answer.headers["location"]) == (303, "/console/login")
        assert inside.get("/people").status_code == 303
        inside.client.cookies.set("passerby_session", copy)
        assert inside.get("/people").status_code == 303

    def test_a_new_password_ends_every_session(self, inside: Browser) -> None:
        with inside.world.store.write() as connection:
            users.set_password(connection, "admin", "another one")
        assert inside.get("/people").status_code == 303

    @pytest.mark.parametrize("value", ["", "x", "e30.x.y", "\x00"])
    def test_a_forged_cookie_is_nobody(self, browser: Browser, value: str) -> None:
        assert browser.get("/people", Cookie=f"passerby_session={value!r}").status_code == 303

    def test_an_old_session_is_over(self, tmp_path: Path) -> None:
        browser = Browser(World(tmp_path), session_seconds=-1)
        with browser.client:
            browser.client.cookies.set("passerby_session", "x")
            assert browser.get("/people").status_code == 303
        browser.world.store.close()

    @pytest.mark.parametrize(("name", "password"), [("admin", "wrong"), ("nobody", PASSWORD), ("", ""), ("a\x00b", "x")])
    def test_wrong_password_is_refused(self, browser: Browser, name: str, password: str) -> None:
        answer = browser.sign_in(name, password)
        assert answer.status_code == 401
        assert "Wrong name or password" in answer.text
        assert "passerby_session=" not in answer.headers.get("set-cookie", "")

    def test_guessing_is_slowed_down(self, browser: Browser) -> None:
        answers = [browser.sign_in("admin", f"guess {number}") for number in range(7)]
        assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
        assert int(answers[-1].headers["retry-after"]) >= 1
        assert browser.sign_in().status_code == 429, "the right password has to wait as well"

    def test_a_link_from_elsewhere_finds_the_session(self, inside: Browser) -> None:
        inside.client.cookies.clear()
        answer = inside.get("/people", **{"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 200
        assert 'http-equiv="refresh" content="0; url=/console/login?next=%2Fconsole%2Fpeople"' in answer.text

    def test_htmx_is_redirected_to_login_as_a_page(self, browser: Browser) -> None:
        answer = browser.get("/activity?tab=anonymous", **{"HX-Request": "true"})
        assert answer.headers["hx-redirect"].startswith("/console/login?next=")


class TestCsrf:
    @pytest.mark.parametrize("path", ["/login", "/logout"])
    @pytest.mark.parametrize(
        "headers",
        [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}],
    )
    def test_csrf_forms_of_other_sites_are_refused(self, inside: Browser, path: str, headers: dict[str, str]) -> None:
        data = {"token": inside.token("/people"), "name": "admin", "password": PASSWORD}
        assert inside.post(path, data, **headers).status_code == 403
        assert inside.get("/people").status_code == 200

    @pytest.mark.parametrize("path", ["/login", "/logout"])
    @pytest.mark.parametrize("token", ["", "0" * 64, "é"])
    def test_csrf_forms_without_the_token_are_refused(self, inside: Browser, path: str, token: str) -> None:
        assert inside.post(path, {"token": token}).status_code == 403
        assert inside.get("/people").status_code == 200

    @pytest.mark.parametrize("kind", ["text/plain", "application/json", "multipart/form-data", "nonsense"])
    def test_csrf_other_bodies_carry_no_token(self, inside: Browser, kind: str) -> None:
        for path in ("/login", "/logout"):
            answer = inside.client.post(
                inside.base + path, content=b'{"token": "x"}', headers={"Content-Type": kind}, follow_redirects=False
            )
            assert answer.status_code in {400, 403}

    def test_csrf_token_of_another_session_does_not_fit(self, browser: Browser) -> None:
        stolen = browser.token()
        browser.client.cookies.clear()
        browser.token()
        assert browser.post("/login", {"token": stolen, "name": "admin", "password": PASSWORD}).status_code == 403

    def test_csrf_own_page_is_believed(self, browser: Browser) -> None:
        data = {"token": browser.token(), "name": "admin", "password": PASSWORD}
        assert browser.post("/login", data, **{"Origin": "null", "Sec-Fetch-Site": "same-origin"}).status_code == 303

    def test_csrf_guards_every_route_that_changes_something(self, browser: Browser) -> None:
        for route in browser.console.routes:
            for method in getattr(route, "methods", set()) - {"GET", "HEAD", "OPTIONS"}:
                answer = browser.client.request(method, browser.base + route.path, follow_redirects=False)
                assert answer.status_code in {303, 403}, route.path

    def test_reading_changes_nothing_so_nothing_is_posted_to_pages(self, inside: Browser) -> None:
        assert inside.post("/activity", {}).status_code == 405


class TestPages:
    def test_csp_on_every_answer(self, inside: Browser) -> None:
        for path in (*PAGES, *OPERATIONS, "/login", "/", "/nowhere", "/people/zero", "/static/console.css", "/activity?tab=x"):
            headers = inside.get(path).headers
            assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
            assert headers["cache-control"] == ("no-cache" if "static" in path else "no-store")

    def test_csp_no_inline_script_or_style(self, inside: Browser) -> None:
        fill(inside.world)
        for path in PAGES:
            text = inside.get(path).text
            assert not re.search(r"<script(?![^>]* src=)", text), path
            assert not re.search(r"<style|\sstyle=|\son[a-z]+=\"|javascript:", text), path

    def test_activity(self, inside: Browser) -> None:
        ada = fill(inside.world)
        text = inside.get("/activity").text
        assert "Anonymous merge" in text and "was anonymous" in text and "Merge refused" in text
        assert f'href="/console/people/{ada}"' in text
        assert "1 event of visitor" in plain(text)
        anonymous = inside.get("/activity?tab=anonymous").text
        assert "Anonymous merge" not in anonymous and 'href="/console/visitors/lone"' in anonymous

    def test_person_and_visitor_point_at_each_other(self, inside: Browser) -> None:
        ada = fill(inside.world)
        person = inside.get(f"/people/{ada}").text
        assert 'href="/console/visitors/x"' in person and "from their anonymous time" in person
        assert "Devices" in person and "1 event" in plain(person)
        visitor = plain(inside.get("/visitors/x").text)
        assert "Activities since 2026-09-21 14:13:20 are now associated with ada@example.com" in visitor
        assert "Mapped ID ada@example.com merged 2026-09-23" in visitor
        lone = inside.get("/visitors/lone")
        assert lone.status_code == 200 and "none: not identified" in lone.text

    def test_an_id_with_a_slash_has_a_page(self, inside: Browser) -> None:
        inside.world.event(inside.world.device("a/b?c=d").anonymous(), at=day(1))
        text = inside.get("/activity?tab=anonymous").text
        assert 'href="/console/visitors?id=a%2Fb%3Fc%3Dd"' in text
        assert "a/b?c=d" in inside.get("/visitors?id=a%2Fb%3Fc%3Dd").text

    def test_unknown_pages_are_404(self, inside: Browser) -> None:
        for path in ("/people/1", "/people/x", "/people/" + "9" * 40, "/visitors/never", "/visitors", "/nowhere"):
            answer = inside.get(path)
            assert (answer.status_code, "<h1>404</h1>" in answer.text) == (404, True), path

    def test_search(self, inside: Browser) -> None:
        fill(inside.world)
        assert "ada@example.com" in inside.get("/people?q=ADA@example.com").text
        assert "ada@example.com" in inside.get("/people?q=x").text
        assert 'href="/console/visitors/lone"' in inside.get("/people?q=lone").text
        assert "No match" in inside.get("/people?q=nobody").text

    def test_ingest(self, inside: Browser) -> None:
        inside.world.hour(day(0), 10, 6, 2, 1, 1)
        inside.world.reason(day(0), "future_date", 1)
        inside.world.quarantined("future_date", b"\xff<b>", detail="2099")
        text = inside.get("/ingest").text
        assert "received 10 = stored 6 + duplicate 2 + quarantined 1 + refused 1" in plain(text)
        assert terms.REASONS[Reason.FUTURE_DATE] in text
        assert "\ufffd&lt;b&gt;" in text
        assert "do not add up" not in text
        inside.world.hour(day(1), 1, 0, 0, 0, 0)
        assert "do not add up" in inside.get("/ingest").text

    def test_pinned_builds_with_their_integrity(self, inside: Browser) -> None:
        build = pin(inside.world.store, inside.site.site_id, b"(()=>{})()", day(1))
        install = inside.get("/install").text
        assert "Pinned builds (1)" in install
        assert f".{build.hash}.js&#34; integrity=&#34;{build.integrity}&#34; crossorigin" in install

    def test_install_and_the_empty_states(self, inside: Browser) -> None:
        install = inside.get("/install").text
        address = f"https://www.shop.test/{inside.site.prefix}/{inside.site.script}.js"
        assert f"u = &#34;{address}&#34;" in install and "Waiting for the first event" in install
        assert install.count(f"&lt;script async=&#34;&#34; src=&#34;{address}&#34;&gt;&lt;/script&gt;") == 2, (
            "alone, and after the queue"
        )
        assert "Pinned builds" not in install
        assert inside.site.write_key in install
        for page in ("/activity", "/activity?tab=anonymous", "/people"):
            assert "Nothing has been received yet" in inside.get(page).text
        inside.world.event(inside.world.device("x").anonymous(), at=day(1))
        assert "Events arrive" in inside.get("/install").text
        assert "No event of an identified person yet" in inside.get("/activity").text

    def test_older_gives_only_the_lines_to_htmx_and_a_page_to_everybody_else(self, inside: Browser) -> None:
        stream = inside.world.device("x").anonymous()
        for number in range(60):
            inside.world.event(stream, name=f"event {number}", at=day(number))
        first = inside.get("/activity?tab=anonymous").text
        address = re.findall(r'hx-get="(/console/activity[^"]+cursor[^"]+)"', first)[0].replace("&amp;", "&")
        path = address.removeprefix("/console")
        part = inside.get(path, **{"HX-Request": "true"}).text
        assert part.count('class="line"') == 10 and "<html" not in part
        whole = inside.get(path).text
        assert whole.count('class="line"') == 10 and "Back to the newest" in whole
        restored = inside.get(path, **{"HX-Request": "true", "HX-History-Restore-Request": "true"}).text
        assert "<html" in restored

    def test_sites_are_kept_apart(self, inside: Browser) -> None:
        ada = fill(inside.world)
        add_site(inside.world.store, b"m" * 32, "second & <site>", day(0))
        inside.sites.refresh()
        text = inside.get("/activity").text
        assert "second &amp; &lt;site&gt;" in text and "site=second+%26+%3Csite%3E" in text
        other = "site=second+%26+%3Csite%3E"
        assert "Nothing has been received yet" in inside.get(f"/activity?{other}").text
        assert inside.get(f"/people/{ada}?{other}").status_code == 404
        assert inside.get("/activity?site=unknown").status_code == 404

    def test_files_are_kept_for_a_year_under_their_version(self, inside: Browser) -> None:
        address = re.findall(r'href="(/console/static/console.css\?v=[0-9a-f]+)"', inside.get("/activity").text)[0]
        answer = inside.get(address.removeprefix("/console"))
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["content-type"].startswith("text/css")
        assert inside.get("/static/console.css?v=old").headers["cache-control"] == "no-cache"
        for name in ("LICENSES.txt", "..%2f..%2fapp.py", "nothing"):
            assert inside.get(f"/static/{name}").status_code == 404

    def test_another_base_path(self, tmp_path: Path) -> None:
        browser = Browser(World(tmp_path), base_path="/behind/the/proxy")
        with browser.client:
            assert browser.sign_in().headers["location"] == "/behind/the/proxy/activity"
            text = browser.get("/activity").text
            assert re.findall(r'(?:href|src|action|hx-get)="(?!/behind/the/proxy/)[^"]*"', text) == []
        browser.world.store.close()


class TestStrangersData:
    @pytest.mark.parametrize("cut", [slice(None), slice(2, None)])
    def test_xss_strangers_text_never_becomes_markup(self, inside: Browser, cut: slice) -> None:
        nasty = NASTY[cut]
        ada, visitor = fill_with(inside.world, nasty)
        pages = [inside.get(path).text for path in PAGES]
        pages += [inside.get(f"/people/{ada}").text, inside.get(f"/people?q={visitor}").text]
        pages += [inside.client.get("/console/visitors", params={"id": visitor}).text]
        pages += [inside.client.get("/console/people", params={"q": nasty}).text]
        pages += [inside.client.get("/console/activity", params={"tab": nasty}).text]
        pages += operations_on(inside, ada, visitor)
        inside.client.cookies.clear()
        pages += [inside.client.get("/console/login", params={"next": nasty}).text, inside.sign_in(nasty, nasty).text]
        for text in pages:
            assert "<img src=x" not in text
            assert "<script>alert" not in text
        assert "{{7*7}}" in pages[0] and "{{7*7}}" in pages[-1]

    @pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "http:", " javascript:x"])
    def test_only_web_addresses_become_links(self, inside: Browser, url: str) -> None:
        inside.world.event(inside.world.device("x").anonymous(), url=url, at=day(1))
        inside.world.event(inside.world.device("y").anonymous(), url="https://shop.example/a", at=day(1))
        links = re.findall(r'<a href="([^"]*)" rel="noopener noreferrer"', inside.get("/activity?tab=anonymous").text)
        assert links == ["https://shop.example/a"]

    def test_any_shape_of_context_is_shown(self, inside: Browser) -> None:
        stream = inside.world.device("x").anonymous()
        for number, value in enumerate([1, "x", [], {"page": 3}, {"page": {"url": [1], "title": {}}}, {"client": "c"}]):
            context: Any = value if isinstance(value, dict) else {"page": value, "client": value, "library": value}
            inside.world.event(stream, at=day(number), context=context, url="http://[broken")
        assert inside.get("/activity?tab=anonymous").status_code == 200


def fill(world: World) -> int:
    """Rows of Ada, an anonymous visitor before; a refused merge; and an unknown visitor."""
    field = {"v": "Rome", "at": day(1), "by": "anonymous", "event": "m"}
    ada, bob = world.person("ada@example.com", "u-1", {"city": field}), world.person("bob@example.com")
    phone = world.device("x")
    stream = phone.anonymous(ada, since=day(0), claimed_at=day(2))
    world.event(stream, at=day(1), url="https://shop.example/prices?a=1")
    world.event(phone.asserted(ada), "identify", at=day(2), user_id="u-1")
    world.log("anonymous_merge", stream, ada, at=day(2), detail={"since": day(0), "strength": 30})
    world.log("merge_refused", stream, bob, ada, at=day(3), detail={"reason": "claimed_by_another"})
    world.event(world.device("lone").anonymous(), at=day(1))
    return ada


def fill_with(world: World, nasty: str) -> tuple[int, str]:
    """Write the text to every column a stranger can write."""
    field = {"v": nasty, "at": day(1), "by": nasty, "event": nasty}
    ada = world.person(nasty, nasty, {nasty: field, "deep": {**field, "v": {nasty: [nasty]}}},
                       tags={nasty: {"on": True, "at": 1}})  # fmt: skip
    context = {"page": {"title": nasty, "path": nasty, "url": nasty}, "library": {"name": nasty},
               "client": {"browser": nasty, "os": nasty}}  # fmt: skip
    device = world.device(nasty)
    stream = device.anonymous(ada, since=day(0), claimed_at=day(2))
    for target in (stream, device.asserted(ada), world.device(nasty + "2").anonymous()):
        for kind in ("page", "track", "identify", nasty):
            world.event(target, kind, nasty, at=day(1), user_id=nasty, url=nasty, properties={nasty: nasty},
                        context=context, message_id=f"{nasty}{target.stream_id}{kind}")  # fmt: skip
    for op in ("anonymous_merge", "merge_refused", "illegal_id", nasty):
        world.log(op, stream, ada, ada, at=day(2), detail={"reason": nasty, "value": nasty, "fields_filled": [nasty]})
    at = {"created_at": day(0), "last_seen_at": day(0)}
    world.insert(tables.account, site_id=world.site_id, account_id=nasty, fields={nasty: field, "name": field}, **at)
    world.insert(tables.membership, site_id=world.site_id, device_id=device.device_id, stream_id=stream.stream_id,
                 account_id=nasty, at=day(1))  # fmt: skip
    world.quarantined(nasty, nasty.encode(), detail=nasty, source=nasty)
    world.reason(day(0), nasty, 1)
    return ada, nasty


def operations_on(inside: Browser, person: int, visitor: str) -> list[str]:
    """Pages of accounts and every operation, with a stranger's text wherever one can be."""
    asked: list[tuple[str, dict[str, str]]] = [
        ("accounts", {"id": visitor}), ("detach", {"id": visitor}), ("attach", {"id": visitor, "q": visitor}),
        ("attach", {"id": visitor + "2", "person": str(person)}), ("attach", {"id": visitor, "person": visitor}),
        ("merge", {"target": str(person), "q": visitor}), ("merge", {"target": str(person), "source": visitor}),
        ("unmerge", {"merge": visitor}), ("delete", {"person": str(person)}),
    ]  # fmt: skip
    answers = [inside.client.get(f"/console/{path}", params=params) for path, params in asked]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 404, 200, 404, 404, 200]
    return [answer.text for answer in answers]


class TestWords:
    def test_every_reason_is_explained(self) -> None:
        assert set(terms.REASONS) == set(Reason)

    def test_unknown_reasons_are_still_readable(self) -> None:
        assert terms.reason_in_words("brand_new") == "Brand new."
        assert terms.refusal_in_words({}) == "Refused."
        assert terms.proof_in_words("x") == "" == terms.proof_in_words(9)


class TestConsoleUsers:
    def test_passwords(self, tmp_path: Path) -> None:
        world = World(tmp_path)
        with world.store.write() as connection:
            assert not users.has_users(connection)
            users.set_password(connection, "admin", "one")
            first = users.verify_password(connection, "admin", "one")
            users.set_password(connection, "admin", "two")
            assert users.has_users(connection)
            assert users.verify_password(connection, "admin", "one") is None
            second = users.verify_password(connection, "admin", "two")
            assert first is not None and second is not None and first.stamp != second.stamp
            assert users.find_user(connection, "admin") == second
            for name in ("nobody", "ADMIN", "a\x00b", "\ud800"):
                assert users.find_user(connection, name) is None
                assert users.verify_password(connection, name, "two") is None
            assert users.verify_password(connection, "admin", "\ud800") is None
        world.store.close()

    def test_unknown_names_cost_the_same(self) -> None:
        assert not users._hasher.check_needs_rehash(users._DECOY)
