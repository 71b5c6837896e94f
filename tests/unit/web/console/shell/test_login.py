"""Sessions that end, and stay ended; passwords that are guessed; owners and sessions that nothing locks out."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from litestar.di import Provide

from collector.domain.ip import parse_networks
from collector.storage import tables, users
from collector.storage.site_registry import SiteRegistry
from collector.web.console.app import create_console
from collector.web.console.shell import passwords, session, throttle
from collector.web.console.shell.login import Authentication
from collector.web.console.shell.passwords import Busy, PasswordChecks
from collector.web.console.shell.settings import ConsoleSettings
from tests.unit.storage.world import World, day

from ..browser import PASSWORD, Browser, Tab


def restarted(browser: Browser) -> Tab:
    """Installation after a restart, or another collector on its store, in the same browser."""
    made = ConsoleSettings("s" * 32, browser.settings.addresses, secure_cookie=False)
    tab = Tab(create_console(browser.world.store, SiteRegistry(browser.world.store), made), made)
    tab.client.cookies.update(browser.client.cookies)
    return tab


def signing_at(hours: int) -> type[TimestampSigner]:
    """Signer of so many hours from now, by the clock as it is now."""

    class Signer(TimestampSigner):
        def get_timestamp(self) -> int:
            return int(time.time()) + hours * 3600

    return Signer


def authentication_of(browser: Browser) -> Authentication:
    provided = browser.console.dependencies["authentication"]
    assert isinstance(provided, Provide)
    authentication = provided.dependency()
    assert isinstance(authentication, Authentication)
    return authentication


def is_inside(tab: Tab) -> bool:
    return bool(tab.get("/people").status_code == 200)


def leave(tab: Tab) -> None:
    """Forget the session in the browser, not signed out."""
    tab.client.cookies.pop("passerby_session", None)


def sign_out(tab: Tab) -> None:
    assert tab.post("/logout", {"token": tab.token("/people")}).status_code == 303


def new_password(browser: Browser) -> None:
    with browser.world.store.write() as connection:
        users.set_password(connection, "admin", "another one")


def user_removed(browser: Browser) -> None:
    with browser.world.store.write() as connection:
        connection.execute(sa.delete(tables.console_user))


def user_made_again(browser: Browser) -> None:
    user_removed(browser)
    with browser.world.store.write() as connection:
        users.set_password(connection, "admin", PASSWORD)


def signed_in_again(browser: Browser) -> None:
    """Sign in by a form open in another tab."""
    session_cookie = browser.client.cookies["passerby_session"]
    leave(browser)
    token = browser.token()
    browser.client.cookies.set("passerby_session", session_cookie)
    assert browser.post("/login", {"token": token, "name": "admin", "password": PASSWORD}).status_code == 303


def many_sign_outs(browser: Browser) -> None:
    with browser.world.store.write() as connection:
        for number in range(users.MOST_SIGN_OUTS + 1):
            users.sign_out(connection, "admin", f"session {number}")


ENDS: dict[str, Callable[[Browser], None]] = {
    "signed out": sign_out,
    "a new password": new_password,
    "the user is removed": user_removed,
    "the user is removed and made again with the same password": user_made_again,
    "signed in again in the same browser": signed_in_again,
    "more sign-outs than are remembered": many_sign_outs,
}


@pytest.mark.stores("sqlite", "postgresql")
class TestEndedSessions:
    @pytest.mark.parametrize("end", ENDS)
    def test_ended_session_stays_ended_at_every_collector(self, inside: Browser, end: str) -> None:
        copy = inside.client.cookies["passerby_session"]
        token = inside.token("/people")
        other = restarted(inside)
        assert is_inside(other)
        ENDS[end](inside)
        inside.client.cookies.set("passerby_session", copy)
        for tab in (inside, other, restarted(inside)):
            assert not is_inside(tab)
            assert tab.post("/logout", {"token": token}).headers["location"].startswith("/console/login")
            assert tab.post("/login", {"token": token, "name": "admin", "password": PASSWORD}).status_code == 403

    def test_sign_outs_do_not_fill_the_store(self, inside: Browser) -> None:
        for _ in range(3):
            many_sign_outs(inside)
        with inside.world.store.read() as connection:
            rows = connection.execute(sa.select(sa.func.count()).select_from(tables.console_sign_out)).scalar_one()
        assert rows <= users.MOST_SIGN_OUTS
        leave(inside)
        assert inside.sign_in().status_code == 303 and is_inside(inside)

    def test_sign_out_of_a_removed_user_is_no_fault(self, world: World) -> None:
        with world.store.write() as connection:
            users.sign_out(connection, "nobody", "x")
        with world.store.read() as connection:
            assert not users.is_signed_out(connection, "nobody", "x")


class TestCookies:
    @pytest.mark.parametrize(("hours", "holds"), [(-13, False), (-11, True), (0, True), (1, True), (13, False)])
    def test_clock_that_was_set_back_ends_no_session(self, inside: Browser, hours: int, holds: bool) -> None:
        with inside.world.store.read() as connection:
            user = users.find_user(connection, "admin")
        assert user is not None
        values = {"session_id": "x", "user": "admin", "stamp": user.stamp}
        signer = URLSafeTimedSerializer("s" * 32, salt="passerby console session", signer=signing_at(hours))
        inside.client.cookies.set("passerby_session", signer.dumps(values))
        assert is_inside(inside) is holds

    @pytest.mark.parametrize("cookie", ["login", "device"])
    def test_no_other_cookie_is_a_session(self, inside: Browser, cookie: str) -> None:
        made = authentication_of(inside).cookies
        names = {"login": made.login_name, "device": made.device_name}
        value = made.login(session.new_visit()).value or "" if cookie == "login" else inside.client.cookies[names[cookie]]
        inside.client.cookies.set("passerby_session", value)
        assert not is_inside(inside)

    def test_session_that_was_set_before_signing_in_is_not_taken_over(self, browser: Browser) -> None:
        planted = URLSafeTimedSerializer("x" * 32, salt="passerby console session").dumps({"session_id": "x", "user": "admin"})
        browser.client.cookies.set("passerby_session", planted)
        answer = browser.sign_in()
        assert answer.status_code == 303 and "passerby_session=" in answer.headers["set-cookie"]
        assert planted not in answer.headers["set-cookie"]

    def test_installations_on_one_host_have_device_cookies_of_their_own(self, inside: Browser) -> None:
        other = ConsoleSettings("o" * 32, inside.settings.addresses, secure_cookie=False)
        assert session.Cookies(other).device_name != session.Cookies(inside.settings).device_name

    def test_other_secret_signs_everybody_out(self, inside: Browser) -> None:
        made = ConsoleSettings("o" * 32, inside.settings.addresses, secure_cookie=False)
        tab = Tab(create_console(inside.world.store, inside.sites, made), made)
        tab.client.cookies.update(inside.client.cookies)
        assert not is_inside(tab)


class TestNobodyIsKeptOut:
    def test_thirty_wrong_passwords_lock_nobody_out(self, browser: Browser) -> None:
        for number in range(30):
            assert browser.sign_in(f"name {number}", "x").status_code == 401
        assert browser.sign_in().status_code == 303

    def test_session_is_not_throttled(self, inside: Browser) -> None:
        stranger = restarted(inside)
        stranger.client.cookies.clear()
        for _ in range(10):
            _sign_in(stranger, "admin", "x")
        assert is_inside(inside)

    def test_known_browser_signs_in_while_others_guess(self, inside: Browser) -> None:
        known = dict(inside.client.cookies)
        inside.client.cookies.clear()
        assert [inside.sign_in("admin", "x").status_code for _ in range(6)] == [401] * 5 + [429]
        assert inside.sign_in().status_code == 429, "a browser that nobody knows has to wait"
        inside.client.cookies.update({name: value for name, value in known.items() if "device" in name})
        assert inside.sign_in().status_code == 303

    def test_known_browser_is_slowed_down_by_itself(self, inside: Browser) -> None:
        leave(inside)
        answers = [inside.sign_in("admin", "x").status_code for _ in range(12)]
        assert answers == [401] * 10 + [429] * 2, "its own free tries, then those of a stranger"

    def test_device_cookie_is_of_its_user(self, inside: Browser) -> None:
        leave(inside)
        assert [inside.sign_in("root", "x").status_code for _ in range(6)] == [401] * 5 + [429]

    def test_others_address_is_not_made_to_wait(self, world: World) -> None:
        browser = Browser(world, trusted_proxies=parse_networks(["127.0.0.1"]))
        client = Tab(browser.console, browser.settings, peer="127.0.0.1")
        for address, waits in (("2001:db8::1", False), ("2001:db8::2", True), ("2001:db8:0:1::1", False)):
            answers = [_sign_in(client, "admin", "x", address).status_code for _ in range(5)]
            assert answers == ([429] * 5 if waits else [401] * 5)
        client.client.cookies.clear()
        assert _sign_in(client, "admin", PASSWORD, "192.0.2.1").status_code == 303

    def test_full_queue_is_said_at_once_and_pages_go_on(self, inside: Browser) -> None:
        authentication = authentication_of(inside)
        known = next(value for name, value in inside.client.cookies.items() if "device" in name)
        with _full(authentication.checks, "stranger"):
            assert is_inside(inside)
            inside.client.cookies.clear()
            answer = inside.sign_in()
            assert (answer.status_code, answer.headers["retry-after"]) == (503, str(passwords.RETRY_SECONDS))
            assert "Too many others" in answer.text
            inside.client.cookies.set(authentication.cookies.device_name, known)
            assert inside.sign_in().status_code == 303, "strangers do not take a known browser's place"


def _sign_in(tab: Tab, name: str, password: str, address: str | None = None) -> Any:
    headers = {"X-Forwarded-For": address} if address else {}
    return tab.post("/login", {"token": tab.token(), "name": name, "password": password}, **headers)


@contextmanager
def _full(checks: PasswordChecks, kind: str) -> Iterator[None]:
    """Start as many checks as there may be."""
    places = checks._queues[kind].places
    while places.acquire(blocking=False):
        pass
    yield
    for _ in range(passwords.MOST_WAITING):
        places.release()


class TestPasswordChecks:
    def test_checks_wait_in_their_own_thread_and_few_of_them(self) -> None:
        async def crowd() -> tuple[list[Any], Any, bool]:
            checks, free = PasswordChecks(most_waiting=3), threading.Event()

            def check() -> str:
                assert free.wait(60)
                return threading.current_thread().name

            waiting = [asyncio.create_task(checks.run(check)) for _ in range(5)]
            known = asyncio.create_task(checks.run(check, is_known=True))
            await asyncio.sleep(0)
            assert [task.done() for task in waiting] == [False, False, False, True, True]
            waiting[2].cancel()
            free.set()
            ends = await asyncio.gather(*waiting, return_exceptions=True)
            again = await checks.run(lambda: "again")
            return ends, await known, again == "again"

        ends, known, again = asyncio.run(crowd())
        assert [type(end) for end in ends] == [str, str, asyncio.CancelledError, Busy, Busy]
        assert [*ends[:2], known] == ["password-stranger_0"] * 2 + ["password-known_0"] and again

    def test_wrong_password_gives_its_place_back(self) -> None:
        async def fail() -> None:
            checks = PasswordChecks(most_waiting=1)
            for _ in range(3):
                with pytest.raises(ZeroDivisionError):
                    await checks.run(lambda: 1 / 0)

        asyncio.run(fail())


class TestThrottle:
    def test_waits_double_and_are_forgotten(self) -> None:
        now = [0.0]
        slow = throttle.Throttle(lambda: now[0])
        counts = slow.counts("admin", None)
        waits = []
        for _ in range(9):
            slow.begin(counts)
            waits.append(slow.wait(counts))
            now[0] += waits[-1]
        assert waits == [0, 0, 0, 0, 2, 4, 8, 16, 32]
        slow.begin(counts)
        slow.take_back(counts, forget=True)
        assert slow.wait(counts) == 0
        for _ in range(throttle.FREE_TRIES):
            slow.begin(counts)
        assert slow.wait(counts) > 0
        now[0] += throttle.FORGET_SECONDS + 1
        assert slow.wait(counts) == 0

    def test_tries_count_when_they_begin(self) -> None:
        slow = throttle.Throttle(lambda: 0.0)
        counts = slow.counts("admin", None)
        assert [bool(slow.begin(counts)) for _ in range(7)] == [False] * 5 + [True] * 2
        slow.take_back(counts)
        assert slow.begin(counts) == 0

    @pytest.mark.parametrize("what", ["names", "addresses"])
    def test_free_tries_of_many_end(self, what: str) -> None:
        slow = throttle.Throttle(lambda: 0.0)
        addresses = [network.network_address for number in range(100) for network in parse_networks([f"192.0.2.{number}"])]
        for number in range(throttle.FREE_TRIES_OF_MANY):
            one = {"names": (f"name {number}", addresses[0]), "addresses": ("admin", addresses[number])}[what]
            assert slow.begin(slow.counts(*one)) == 0
        other = {"names": ("a new name", addresses[0]), "addresses": ("admin", addresses[99])}[what]
        assert 0 < slow.begin(slow.counts(*other)) <= throttle.LONGEST_WAIT_OF_NAME
        assert slow.begin(slow.counts("a new name", addresses[99])) == 0

    def test_counts_do_not_fill_the_memory(self) -> None:
        slow = throttle.Throttle(lambda: 0.0)
        for number in range(throttle.MOST_COUNTS):
            slow.begin([throttle.Count(str(number).encode(), 1, 1)])
            slow.begin(slow.counts("x" * 1000, None, str(number)))
        assert len(slow._tries) == throttle.MOST_COUNTS
        assert max(map(len, slow._tries)) <= 16


def test_rows_of_before_have_a_generation(world: World) -> None:
    world.insert(tables.console_user, name="old", password_hash="x", created_at=day(0))
    with world.store.read() as connection:
        found = users.find_user(connection, "old")
    assert found is not None and found.stamp == "2d711642b726b044", "sessions of before the migration go on"
