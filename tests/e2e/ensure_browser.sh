#!/bin/sh
# Make sure that there is a Chromium: an installed one, else Playwright's, else Debian's package.
set -u
python="$1"
for name in chromium chromium-browser google-chrome google-chrome-stable; do
  if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
if [ -n "${CHROMIUM:-}" ]; then exit 0; fi
echo "No Chromium here; asking Playwright for one."
if timeout 300 "$python" -m playwright install chromium >/dev/null 2>&1; then exit 0; fi
echo "Playwright could not bring one; installing Debian's package."
if [ "$(id -u)" = 0 ]; then sudo=""; else sudo="sudo"; fi
if $sudo apt-get update -qq && $sudo apt-get install -y -qq --no-install-recommends chromium >/dev/null; then exit 0; fi
echo "No Chromium could be installed. Install one, or name it with CHROMIUM=/path/to/chrome." >&2
exit 1
