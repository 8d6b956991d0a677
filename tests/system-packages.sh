#!/bin/sh
# What the tests need beside Python packages: Chromium for the pages, PostgreSQL for the repositories.
set -eu
missing=""
[ -x /usr/bin/chromium ] || missing="$missing chromium fonts-liberation"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
[ "${1:-}" != bench ] || [ -x /usr/bin/victoria-metrics ] || missing="$missing victoria-metrics"  # a peer to measure against
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
    echo "The whole suite also needs:$missing" >&2
    echo "Install with: sudo apt-get install$missing" >&2
    exit 1
fi
