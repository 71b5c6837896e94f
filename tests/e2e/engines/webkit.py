"""WebKitGTK's MiniBrowser, driven by Selenium: a visitor is a MiniBrowser of its own, which starts in a third of a second."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import urllib3
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.remote_connection import RemoteConnection
from selenium.webdriver.support.wait import WebDriverWait
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service

from .programs import HOW, program
from .surface import PATIENCE, Browser, Cookie, Engine, Tab

PACKAGE = "webkit2gtk-driver"
QUIET = {"DBUS_SESSION_BUS_ADDRESS": "disabled:", "NO_AT_BRIDGE": "1", "GTK_USE_PORTAL": "0", "GSETTINGS_BACKEND": "memory"}
"""A desktop's services, which a test has no use for: without a session bus none of them is looked for."""
ANSWER_SECONDS = 60
"""How long the driver may take for anything. It waits for ever for a MiniBrowser that ended before it had spoken to it."""
STARTS = 3
"""Tries to start one; no test looks at how it starts."""
FOLDERS = ("/usr/lib", "/usr/libexec", "/usr/lib64")


def mini_browser() -> str:
    """Return the path of MiniBrowser, which no package puts on the PATH; fails the test when there is none."""
    named = os.environ.get("PASSERBY_MINIBROWSER")
    found = [path for folder in FOLDERS for path in sorted(Path(folder).glob("**/webkit2gtk-4*/MiniBrowser"))]
    if not named and not found:
        pytest.fail(f"The browser tests need MiniBrowser. {HOW.format(package=PACKAGE, variable='PASSERBY_MINIBROWSER')}")
    return named or str(found[-1])


class Screen:
    """An X server without a screen, on a free display."""

    def __init__(self) -> None:
        path = program("PASSERBY_XVFB", "xvfb", "Xvfb")
        reading, writing = os.pipe()
        command = [path, "-displayfd", str(writing), "-screen", "0", "1280x800x24", "-nolisten", "tcp"]
        self._process = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
        os.close(writing)
        with os.fdopen(reading) as answer:
            self.display = ":" + answer.readline().strip()
        assert self.display != ":", "Xvfb ended before it had a display"

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()


class WebKitTab(Tab):
    momentary = (WebDriverException,)

    def __init__(self, driver: webdriver.Remote, handle: str) -> None:
        self._all = driver
        self._handle = handle

    @property
    def _driver(self) -> webdriver.Remote:
        """The driver, speaking to this tab."""
        self._all.switch_to.window(self._handle)
        return self._all

    def goto(self, url: str) -> None:
        self._driver.get(url)

    def run(self, body: str) -> Any:
        return self._driver.execute_script(f"return (async () => {{ {body} }})()")

    def click(self, selector: str) -> None:
        self._driver.find_element(By.CSS_SELECTOR, selector).click()

    def popup(self, selector: str) -> Tab:
        before = set(self._all.window_handles)
        self.click(selector)
        opened = WebDriverWait(self._all, PATIENCE).until(lambda driver: set(driver.window_handles) - before)
        return WebKitTab(self._all, opened.pop())

    def reload(self) -> None:
        self._driver.refresh()

    def close(self) -> None:
        self._driver.close()

    @property
    def is_closed(self) -> bool:
        return self._handle not in self._all.window_handles

    def cookies(self) -> list[Cookie]:
        return [_cookie(one) for one in self._driver.get_cookies()]


def _cookie(found: dict[str, Any]) -> Cookie:
    return Cookie(
        found["name"],
        found["value"],
        found["domain"],
        found["path"],
        found["sameSite"],
        found["secure"],
        found.get("expiry", 0),
    )


class WebKitBrowser(Browser):
    def __init__(self, driver: webdriver.Remote, service: Service) -> None:
        super().__init__()
        self._driver = driver
        self._service = service
        # Its first window stays empty: a MiniBrowser whose last window closes is gone.
        self._driver.set_script_timeout(PATIENCE)

    def tab(self) -> Tab:
        self._driver.switch_to.window(self._driver.window_handles[0])
        # A window each: a second tab of one window stays hidden, and a hidden page may open nothing.
        self._driver.switch_to.new_window("window")
        return WebKitTab(self._driver, self._driver.current_window_handle)

    def close(self) -> None:
        with suppress(WebDriverException, urllib3.exceptions.HTTPError):
            self._driver.quit()
        kill(self._service)


def kill(service: Service) -> None:
    """End a driver and its MiniBrowser, which are a process group of their own; nothing of it is to stay."""
    process = service.process
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


class WebKit(Engine):
    name = "webkit"

    def __init__(self) -> None:
        self._driver_path = program("PASSERBY_WEBKIT_DRIVER", PACKAGE, "WebKitWebDriver")
        self._options = Options()
        self._options.binary_location = mini_browser()
        self._options.add_argument("--automation")
        self._screen = Screen()

    def browser(self, privacy_control: bool = False) -> Browser:
        assert not privacy_control, "WebKitGTK has no switch for it"
        for _ in range(STARTS - 1):
            with suppress(urllib3.exceptions.HTTPError, WebDriverException):
                return self._started()
        return self._started()

    def _started(self) -> Browser:
        environment = {**os.environ, **QUIET, "DISPLAY": self._screen.display}
        service = Service(self._driver_path, env=environment, popen_kw={"start_new_session": True})
        service.start()
        config = ClientConfig(service.service_url, timeout=ANSWER_SECONDS)
        try:
            driver = webdriver.Remote(RemoteConnection(client_config=config), options=self._options)
        except BaseException:
            kill(service)
            raise
        return WebKitBrowser(driver, service)

    def stop(self) -> None:
        self._screen.stop()
