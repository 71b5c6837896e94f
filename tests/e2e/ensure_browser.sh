#!/bin/sh
# Make sure that the browsers are there: Chromium, Firefox and WebKitGTK with a screen to draw on. Debian's packages, or those
# that are installed already, or those that PASSERBY_CHROMIUM and its like name (see docs/browsers.md).
set -u
python="$1"
missing=""
need() { # package, variable, programs of which one is enough
  package="$1" variable="$2"
  shift 2
  eval "named=\${$variable:-}"
  if [ -n "$named" ]; then return; fi
  for name in "$@"; do
    if command -v "$name" >/dev/null 2>&1; then return; fi
  done
  missing="$missing $package"
}
# Is there a Chromium that `playwright install chromium` has brought?
playwrights() {
  test -x "$("$python" -c 'from playwright.sync_api import sync_playwright
with sync_playwright() as playwright: print(playwright.chromium.executable_path)')"
}
need chromium PASSERBY_CHROMIUM chromium chromium-browser google-chrome
if [ -n "$missing" ] && playwrights; then missing=""; fi
need firefox-esr PASSERBY_FIREFOX firefox-esr firefox
need webkit2gtk-driver PASSERBY_WEBKIT_DRIVER WebKitWebDriver
need xvfb PASSERBY_XVFB Xvfb
if [ -z "$missing" ]; then exit 0; fi
if [ "$(id -u)" = 0 ]; then sudo=""; else sudo="sudo"; fi
if command -v apt-get >/dev/null 2>&1; then
  echo "Installing for the browser tests:$missing"
  # shellcheck disable=SC2086 # one word each
  if $sudo apt-get update -qq && $sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null; then exit 0; fi
fi
echo "The browser tests need what Debian calls:$missing. Install them by hand, or name them (docs/browsers.md says how)." >&2
exit 1
