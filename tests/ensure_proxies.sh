#!/bin/sh
# Make sure that there are nginx and Caddy for the tests: installed ones, else Debian's packages. Only their programs are
# needed, the tests start them with settings of their own (support/proxies.py): no service of the system's is started.
set -u
PATH="$PATH:/usr/sbin:/sbin"

missing() {
  command -v nginx >/dev/null 2>&1 || printf 'nginx-light '
  command -v caddy >/dev/null 2>&1 || printf 'caddy '
}

wanted=$(missing)
if [ -z "$wanted" ]; then exit 0; fi
if command -v apt-get >/dev/null 2>&1; then
  echo "Not here: $wanted; installing Debian's packages."
  if [ "$(id -u)" = 0 ]; then sudo=""; else sudo="sudo"; fi
  # The packages would start their services, on port 80, unless this says otherwise while they are being installed ...
  policy=/usr/sbin/policy-rc.d
  if [ -e $policy ]; then made=no; else
    made=yes
    printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null && $sudo chmod 755 $policy
  fi
  # shellcheck disable=SC2086 - one word for each package
  $sudo apt-get update -qq && $sudo env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends $wanted >/dev/null
  if [ $made = yes ]; then $sudo rm -f $policy; fi
  # ... and with every start of the machine, unless they are told not to.
  for package in $wanted; do
    $sudo systemctl disable "${package%-light}" >/dev/null 2>&1
  done
fi
if [ -z "$(missing)" ]; then exit 0; fi
echo "Not installed: $(missing). The tests of the proxy samples need nginx and Caddy; put them on the PATH." >&2
exit 1
