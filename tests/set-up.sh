#!/usr/bin/env bash
# Says what the tests need and this machine lacks; .ci/run installs it.
missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v node >/dev/null || missing+=(nodejs)
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing+=(postgresql)
command -v redis-server >/dev/null || missing+=(redis-server)
command -v docker-compose >/dev/null || missing+=(docker-compose)
[ -x /usr/sbin/haproxy ] || missing+=(haproxy)
[ -d ../shared/data ] || echo "missing: the folder ../shared/data with the real traces; tests that read it will fail"
if [ ${#missing[@]} -gt 0 ]; then
  echo "missing: ${missing[*]}; the tests that need them will fail. On Debian: apt-get install ${missing[*]}"
fi
exit 0
