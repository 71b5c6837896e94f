"""Chromium and Firefox, driven by Playwright: a visitor is a browser context."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser as Running
from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Page, Playwright

from ..browser import AGENT, ARGUMENTS, chromium
from .programs import program
from .surface import PATIENCE, Browser, Cookie, Engine, Tab

PRIVACY_CONTROL = {"privacy.globalprivacycontrol.enabled": True, "privacy.globalprivacycontrol.functionality.enabled": True}


class DrivenTab(Tab):
    momentary = (Error,)

    def __init__(self, page: Page) -> None:
        self.page = page

    def goto(self, url: str) -> None:
        self.page.goto(url)

    def run(self, body: str) -> Any:
        return self.page.evaluate(f"async () => {{ {body} }}")

    def click(self, selector: str) -> None:
        self.page.click(selector, no_wait_after=True)

    def popup(self, selector: str) -> Tab:
        with self.page.expect_popup() as opened:
            self.page.click(selector)
        return DrivenTab(opened.value)

    def reload(self) -> None:
        self.page.reload()

    def close(self) -> None:
        self.page.close()

    @property
    def is_closed(self) -> bool:
        # Asking the browser lets Playwright hear that the page has gone; its own flag alone would stay as it is.
        if not self.page.is_closed():
            self.page.context.cookies()
        return self.page.is_closed()

    def cookies(self) -> list[Cookie]:
        return [_cookie(dict(one)) for one in self.page.context.cookies(self.page.url)]


def _cookie(found: dict[str, Any]) -> Cookie:
    return Cookie(
        found["name"], found["value"], found["domain"], found["path"], found["sameSite"], found["secure"], found["expires"]
    )


class DrivenBrowser(Browser):
    def __init__(self, context: BrowserContext) -> None:
        super().__init__()
        self.context = context
        context.on("console", self._hear)
        context.set_default_timeout(PATIENCE * 1000)

    def tab(self) -> Tab:
        return DrivenTab(self.context.new_page())

    def close(self) -> None:
        self.context.close()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(f"{message.text} ({message.location.get('url', '')})")


class Chromium(Engine):
    name = "chromium"

    def __init__(self, playwright: Playwright) -> None:
        self._running = playwright.chromium.launch(
            executable_path=chromium(playwright),
            # Without a screen it calls itself HeadlessChrome, and the collector gives robots no cookie.
            args=[*ARGUMENTS, f"--user-agent={AGENT}"],
            # Playwright turns the back-forward cache off; visitors have it.
            ignore_default_args=["--disable-back-forward-cache"],
            timeout=60_000,
        )

    def browser(self, privacy_control: bool = False) -> Browser:
        assert not privacy_control, "Chromium has no switch for it"
        return DrivenBrowser(self._running.new_context())

    def stop(self) -> None:
        self._running.close()


class Firefox(Engine):
    """Debian's own Firefox over WebDriver BiDi: the channel's name tells Playwright so."""

    name = "firefox"
    has_privacy_control = True

    def __init__(self, playwright: Playwright) -> None:
        self._playwright = playwright
        self._path = program("PASSERBY_FIREFOX", "firefox-esr", "firefox-esr", "firefox")
        self._running = {False: self._launch({})}

    def _launch(self, preferences: dict[str, str | float | bool]) -> Running:
        return self._playwright.firefox.launch(
            channel="moz-firefox", executable_path=self._path, firefox_user_prefs=preferences, timeout=60_000
        )

    def browser(self, privacy_control: bool = False) -> Browser:
        """Global Privacy Control is a preference of a whole Firefox, so who has it gets another one."""
        if privacy_control and True not in self._running:
            self._running[True] = self._launch({**PRIVACY_CONTROL})
        return DrivenBrowser(self._running[privacy_control].new_context())

    def stop(self) -> None:
        for running in self._running.values():
            running.close()
