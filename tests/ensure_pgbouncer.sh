#!/bin/sh
# Make sure that there is a PgBouncer, 1.18 or newer, for the tests: an installed one, else Debian's package. Only its program is
# needed, the tests start it with settings of their own (support/pgbouncer.py): no service of the system's is started.
# With the word `find` it installs nothing and prints where the program is.
set -u
PATH="$PATH:/usr/sbin:/sbin"

if [ "${1:-}" = find ]; then command -v pgbouncer; exit; fi
if command -v pgbouncer >/dev/null 2>&1; then exit 0; fi
if command -v apt-get >/dev/null 2>&1; then
  echo "No PgBouncer here; installing Debian's package."
  if [ "$(id -u)" = 0 ]; then sudo=""; else sudo="sudo"; fi
  # The package would start its service unless this says otherwise while it is being installed ...
  policy=/usr/sbin/policy-rc.d
  if [ -e $policy ]; then made=no; else
    made=yes
    printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null && $sudo chmod 755 $policy
  fi
  $sudo apt-get update -qq && $sudo env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends pgbouncer >/dev/null
  if [ $made = yes ]; then $sudo rm -f $policy; fi
  $sudo systemctl disable pgbouncer >/dev/null 2>&1  # ... and with every start of the machine
fi
if command -v pgbouncer >/dev/null 2>&1; then exit 0; fi
echo "No PgBouncer could be installed; the tests behind it need one on the PATH." >&2
exit 1
