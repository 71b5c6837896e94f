#!/bin/sh
# Make sure that there is a PostgreSQL, 15 or newer, for the tests: an installed one, else Debian's package. Only its
# programs are needed, the tests start a cluster of their own (support/postgres.py): none is made, started or touched here.
# With the word `find` it installs nothing and prints where the programs are.
set -u

candidates() {
  if [ -n "${POSTGRES_BIN:-}" ]; then echo "$POSTGRES_BIN"; return; fi
  ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV
  pg_config --bindir 2>/dev/null
  dirname "$(command -v postgres || echo /)"
}

find_programs() {
  candidates | while read -r programs; do
    [ -x "$programs/initdb" ] || continue
    version=$("$programs/postgres" --version 2>/dev/null | sed -n 's/^postgres (PostgreSQL) \([0-9]*\).*/\1/p')
    if [ "${version:-0}" -ge 15 ]; then echo "$programs"; break; fi
  done | grep .
}

if [ "${1:-}" = find ]; then find_programs; exit; fi
if find_programs >/dev/null; then exit 0; fi
if [ -z "${POSTGRES_BIN:-}" ] && command -v apt-get >/dev/null 2>&1; then
  echo "No PostgreSQL 15 or newer here; installing Debian's package."
  if [ "$(id -u)" = 0 ]; then sudo=""; else sudo="sudo"; fi
  # The package would make a cluster for the system and start it, unless this says otherwise while it is being installed.
  settings=/etc/postgresql-common/createcluster.d
  $sudo mkdir -p $settings && echo "create_main_cluster = false" | $sudo tee $settings/passerby-tests.conf >/dev/null
  $sudo apt-get update -qq && $sudo env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends postgresql >/dev/null
  $sudo rm -f $settings/passerby-tests.conf
  $sudo rmdir $settings 2>/dev/null
fi
if find_programs >/dev/null; then exit 0; fi
echo "No PostgreSQL 15 or newer could be installed. Install one, or name its programs with POSTGRES_BIN=/path/to/bin." >&2
exit 1
