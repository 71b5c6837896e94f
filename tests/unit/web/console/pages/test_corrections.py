"""Corrections: the preview changes nothing, the button does it, and what cannot be done is said calmly."""

from __future__ import annotations

import re

import pytest

from collector.errors import Unavailable
from collector.storage.sites import add_site

from ..browser import Desk, plain


@pytest.fixture
def shared(desk: Desk) -> Desk:
    """Shared browser: Ada was visitor x, then signed in; Bob signed in there too; y is anonymous."""
    desk.page("x")
    desk.track("Tried", "x")
    desk.identify("x", "ada", email="ada@example.com", city="Rome")
    desk.track("Bought", "x", "ada")
    desk.page("x")
    desk.identify("x", "bob", plan="pro")
    desk.track("Sold", "x", "bob")
    desk.page("y")
    return desk


def attempts(desk: Desk) -> dict[str, str]:
    """Previews of operations."""
    ada, bob = desk.number("ada"), desk.number("bob")
    return {
        "detach": "/detach?id=x",
        "attach": f"/attach?id=y&person={ada}",
        "merge": f"/merge?source={bob}&target={ada}",
        "delete": f"/delete?person={ada}",
    }


OPERATIONS = ["detach", "attach", "merge", "delete"]


class TestEvery:
    @pytest.mark.parametrize("name", OPERATIONS)
    def test_a_preview_changes_nothing(self, shared: Desk, name: str) -> None:
        before = shared.everything()
        text = shared.read(attempts(shared)[name])
        assert "A preview: nothing has been changed." in text
        assert shared.everything() == before

    @pytest.mark.parametrize("name", OPERATIONS)
    def test_the_button_changes_something(self, shared: Desk, name: str) -> None:
        before = shared.everything()
        shared.confirm(attempts(shared)[name])
        assert shared.everything() != before

    @pytest.mark.parametrize("name", OPERATIONS)
    def test_get_changes_nothing_whatever_it_says(self, shared: Desk, name: str) -> None:
        path, fields = shared.form(attempts(shared)[name])
        before = shared.everything()
        shared.client.get(shared.base + path, params={**fields, "confirm": "1", "preview": "false"})
        assert shared.everything() == before

    @pytest.mark.parametrize("name", OPERATIONS)
    @pytest.mark.parametrize("wrong", ["without a token", "a wrong token", "from elsewhere", "signed out"])
    def test_a_forged_form_is_refused(self, shared: Desk, name: str, wrong: str) -> None:
        path, fields = shared.form(attempts(shared)[name])
        before = shared.everything()
        cookie = shared.client.cookies["passerby_session"]
        headers = {"Sec-Fetch-Site": "cross-site"} if wrong == "from elsewhere" else {}
        if wrong == "without a token":
            del fields["token"]
        elif wrong == "a wrong token":
            fields["token"] = "0" * 64
        elif wrong == "signed out":
            shared.client.cookies.clear()
        answer = shared.post(path, fields, **headers)
        assert answer.status_code == (303 if wrong == "signed out" else 403)
        assert "/login" in answer.headers.get("location", "/login")
        shared.client.cookies.set("passerby_session", cookie)
        assert shared.everything() == before

    @pytest.mark.parametrize(
        "path",
        ["/detach", "/detach?id=never", "/attach?id=never&person=1", "/attach?id=x&person=no", "/merge", "/merge?target=1",
         "/merge?source=1&target=x", "/unmerge", "/unmerge?merge=1", "/unmerge?merge=%00", "/delete", "/delete?person=1",
         "/delete?person=" + "9" * 5000, "/detach?id=%00"],
    )  # fmt: skip
    def test_unknown_targets_are_said_calmly(self, shared: Desk, path: str) -> None:
        for answer in (
            shared.get(path),
            shared.post(path.partition("?")[0], {"token": shared.token("/people"), "id": "never"}),
        ):
            assert answer.status_code == 404
            assert "Nothing was changed" in plain(answer.text) and "Sign out" in answer.text, "not an error page"

    def test_correction_done_already_is_said_calmly(self, shared: Desk) -> None:
        paths = attempts(shared)
        for name in ("detach", "attach", "merge"):
            form = shared.form(paths[name])
            shared.confirm(paths[name])
            before = shared.everything()
            again = shared.post(*form)
            assert (again.status_code, "Nothing was changed" in plain(again.text)) == (409, True), name
            assert shared.get(paths[name]).status_code == 409
            assert shared.everything() == before

    def test_a_busy_store_is_said_calmly(self, shared: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        def busy(*_: object, **__: object) -> None:
            raise Unavailable("The store is busy; nothing was changed, try again.")

        form = shared.form("/detach?id=x")
        monkeypatch.setattr("collector.web.console.pages.corrections.carry_out", busy)
        answer = shared.post(*form)
        assert answer.status_code == 503 and "The store is busy" in answer.text

    def test_log_names_the_operator(self, shared: Desk) -> None:
        paths = attempts(shared)
        for name in ("attach", "detach", "merge"):
            shared.confirm(paths[name])
        log = shared.read("/activity?tab=log")
        assert "was taken from ada@example.com by admin, in the console." in log
        assert "Visitor y was given to ada@example.com by admin, in the console." in log
        assert "bob was merged into ada@example.com by admin, in the console." in log


@pytest.mark.stores("sqlite", "postgresql")
class TestDetach:
    def test_before_and_after(self, shared: Desk) -> None:
        text = shared.read("/detach?id=x")
        assert "ada@example.com What Now After" in text
        assert "Events on the timeline 5 2" in text and "of which anonymous 3 0" in text
        assert "Anonymous ids x –" in text
        assert "“Attach to a person…” on the visitor's page gives it back, as far as 90 days before that." in text

    def test_detach_leads_back_to_the_person(self, shared: Desk) -> None:
        text = shared.confirm("/detach?id=x")
        assert "Detached. What was anonymous there belongs to nobody now." in text
        assert "No anonymous visitor became this person." in text and "Tried" not in text and "Bought" in text

    def test_the_visitor_tells_of_it(self, shared: Desk) -> None:
        assert "Detach…" in shared.read("/visitors/x")
        shared.confirm("/detach?id=x")
        text = shared.read("/visitors/x")
        assert "Detached by hand: belongs to nobody" in text and "Detach…" not in text and "Attach to a person…" in text

    def test_no_identify_merges_it_again(self, shared: Desk) -> None:
        shared.identify("y", "bob")
        shared.confirm("/detach?id=y")
        shared.identify("y", "bob")
        assert "none: not identified" in shared.read("/visitors/y")
        assert "This browser was detached by hand" in shared.read("/activity?tab=log&show=refused")


@pytest.mark.stores("sqlite", "postgresql")
class TestAttach:
    def test_choose_look_and_attach(self, shared: Desk) -> None:
        ada = shared.number("ada")
        assert "Attach to which person?" in shared.read("/attach?id=y")
        found = shared.get("/attach?id=y&q=ADA@example.com").text
        assert f'href="/console/attach?id=y&amp;person={ada}"' in found
        assert "No match" in shared.read("/attach?id=y&q=nobody")
        text = shared.read(f"/attach?id=y&person={ada}")
        assert "Attach visitor y to ada@example.com" in text and "Events on the timeline 5 6" in text
        assert "Anonymous ids x y, x" in text, "what is new comes first"
        assert "Attached. What was anonymous there" in shared.confirm(f"/attach?id=y&person={ada}")
        assert "Mapped ID ada@example.com" in shared.read("/visitors/y")

    def test_attach_takes_from_another_person(self, shared: Desk) -> None:
        bob = shared.number("bob")
        text = shared.read(f"/attach?id=x&person={bob}")
        assert "Events on the timeline 5 2" in text and "Events on the timeline 2 5" in text
        text = shared.confirm(f"/attach?id=x&person={bob}")
        assert text.startswith("bob") or " bob Person" in text
        assert "It was ada@example.com 's before." in shared.read("/activity?tab=log")

    def test_an_id_with_a_slash(self, shared: Desk) -> None:
        shared.page("a/b?c=d&e")
        shared.confirm(f"/attach?id=a%2Fb%3Fc%3Dd%26e&person={shared.number('ada')}")
        assert "Mapped ID ada@example.com" in shared.read("/visitors?id=a%2Fb%3Fc%3Dd%26e")


@pytest.mark.stores("sqlite", "postgresql")
class TestMerge:
    def test_merge_in_both_directions(self, shared: Desk) -> None:
        ada, bob = shared.number("ada"), shared.number("bob")
        page = shared.get(f"/merge?source={bob}&target={ada}").text
        assert f'href="/console/merge?source={ada}&amp;target={bob}">The other way round' in page
        text = plain(page)
        assert "Merge bob into ada@example.com" in text
        assert "bob is no longer a person of its own" in text
        assert "Events on the timeline 5 7" in text and "Field plan – pro (identify)" in text

    def test_choose_by_number(self, shared: Desk) -> None:
        ada, bob = shared.number("ada"), shared.number("bob")
        found = shared.get(f"/merge?target={ada}&q={bob}").text
        assert f'href="/console/merge?target={ada}&amp;source={bob}"' in found

    def test_merge_and_undo(self, shared: Desk) -> None:
        ada, bob = shared.number("ada"), shared.number("bob")
        before = shared.everything()
        text = shared.confirm(f"/merge?source={bob}&target={ada}")
        assert (
            "Merged. The two are one person now" in text
            and "Merged people bob merged 2026" in text
            and "by admin, in the console · Undo merge…" in text
        )
        assert "plan pro" in text and "Sold" in text
        merge = re.findall(r'href="/console/unmerge\?merge=(\d+)"', shared.get(f"/people/{ada}").text)[0]
        text = shared.read(f"/unmerge?merge={merge}")
        assert "Undo the merge of bob into ada@example.com" in text and "bob becomes a person of its own again" in text
        text = shared.confirm(f"/unmerge?merge={merge}")
        assert "The merge was undone." in text and "Undo merge…" not in text and ", undone 20" in text
        assert "bob and ada@example.com are two people again" in shared.read("/activity?tab=log")
        after = shared.everything()
        for path in ("/people", "/visitors/x", "/visitors/y", "/activity?tab=anonymous"):
            assert after[path] == before[path], path
        assert shared.get(f"/unmerge?merge={merge}").status_code == 409

    def test_merge_with_oneself(self, shared: Desk) -> None:
        ada = shared.number("ada")
        answer = shared.get(f"/merge?source={ada}&target={ada}")
        assert answer.status_code == 409 and "one person already" in answer.text


class TestSites:
    def test_another_sites_people_are_not_there(self, shared: Desk) -> None:
        paths = attempts(shared)
        add_site(shared.app.installation.store, b"m" * 32, "second", shared.app.clock.now)
        shared.app.installation.sites.refresh()
        for path in paths.values():
            assert shared.get(f"{path}&site=second").status_code == 404, path
        action, fields = shared.form(paths["detach"])
        assert action.startswith("/detach?site=")
        assert shared.post(action, fields).status_code == 303
