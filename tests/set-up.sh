#!/usr/bin/env bash
# Installs the programs that `make test` runs and this machine lacks: Debian's packages, by name, after saying so.
# What cannot be installed is named; the tests that need it fail, none is skipped.
set -euo pipefail

missing=()
need() { # need PROGRAM PACKAGE
  command -v "$1" >/dev/null || missing+=("$2")
}
PATH=$PATH:/usr/sbin:/sbin
need chromium chromium
need node nodejs
need npm npm
need redis-server redis-server
need docker-compose docker-compose
need haproxy haproxy
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing+=(postgresql)
"${PYTHON:-python3}" -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
lighter=chromium-headless-shell # without windows: a page costs it half of the computing that it costs chromium
command -v "$lighter" >/dev/null && lighter=
[ ${#missing[@]} -gt 0 ] || [ -n "$lighter" ] || exit 0

as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo -n)
if ! command -v apt-get >/dev/null; then
  reason="there is no apt-get"
elif ! "${as_root[@]}" true 2>/dev/null; then
  reason="neither root nor sudo without a password is at hand"
else
  echo "installing what the tests run (once): ${missing[*]} $lighter"
  "${as_root[@]}" apt-get update -qq || [ ${#missing[@]} = 0 ]
  install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq)
  [ ${#missing[@]} = 0 ] || "${install[@]}" "${missing[@]}" >/dev/null
  [ -z "$lighter" ] || "${install[@]}" "$lighter" >/dev/null || echo "without $lighter the tests take chromium, and longer"
  exit 0
fi
[ ${#missing[@]} = 0 ] || echo "not installed, because $reason: ${missing[*]}. The tests that need them will fail."
