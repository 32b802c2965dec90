#!/usr/bin/env bash
# Walks through the app in Chromium, all on loopback: backend, its upstream, nginx with the frontend's own configuration. Prints TAP.
#
# usage: tests/browser/run.sh [BACKEND_BINARY]; ONLY=<pattern> walks what is called so
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
here=$root/tests/browser
# shellcheck source=tests/browser/tests.sh
. "$here/tests.sh"
backend=${1:-$root/build/release/app/backend/counselor-backend}
work=$(mktemp -d)
pids=()

cleanup() {
  local code=$? pid
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  if [ "$code" -ne 0 ]; then tail -n 20 "$work"/*.log | sed 's/^/# /'; fi
  rm -rf "$work"
  exit "$code"
}
trap cleanup EXIT

needs() {
  echo "tests/browser/run.sh: $1" >&2
  exit 1
}
[ -x "$backend" ] || needs "no backend at $backend: cmake --build build/release --target counselor-backend"
[ -x "${CHROMIUM:-/usr/bin/chromium}" ] || needs "no Chromium: apt-get install chromium"
nginx=$(command -v nginx) || needs "no nginx: apt-get install nginx-light"

cd "$root/app/frontend"
[ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --no-progress >"$work/npm.log" 2>&1
npm run --silent build >"$work/build.log" 2>&1

# Six ports that nobody listens on just now.
read -r upstream with_key without_key pages site bare_site < <(node -e '
  const servers = Array.from({ length: 6 }, () => require("net").createServer().listen(0, "127.0.0.1"));
  setTimeout(() => { console.log(...servers.map((one) => one.address().port)); servers.forEach((one) => one.close()); }, 50);')

# start NAME COMMAND…: in the background, its output in a log.
start() {
  local name=$1
  shift
  "$@" >"$work/$name.log" 2>&1 &
  pids+=($!)
}

answers() {
  local deadline=$((SECONDS + 20))
  until curl -sf -o /dev/null --max-time 2 "$1"; do
    [ "$SECONDS" -lt "$deadline" ] || needs "no answer from $1"
    sleep 0.1
  done
}

# The configuration as it is, but for the places that are the container's.
cp -r dist "$work/html"
chmod 0755 "$work"
sed -e "s#/tmp/#$work/#" -e "s#listen 3000;#listen 127.0.0.1:$pages;#" -e "s#/usr/share/nginx/html#$work/html#" "$root/app/frontend/nginx.conf" >"$work/nginx.conf"

export UPSTREAM_LOG=$work/upstream.jsonl UPSTREAM_RELEASE=$work/release
: >"$UPSTREAM_LOG"
start upstream node "$here/upstream.mjs" "$upstream"
start backend env PORT="$with_key" OPENAI_API_KEY=test-key OPENAI_BASE_URL="http://127.0.0.1:$upstream/v1" CHAT_PER_MINUTE=1000 REVIEWS_PER_MINUTE=1000 TOKENS_PER_HOUR=100000000 "$backend"
start backend-without-key env -u OPENAI_API_KEY PORT="$without_key" "$backend"
start nginx "$nginx" -c "$work/nginx.conf" -g "daemon off;"
start site node "$here/balancer.mjs" "$site" "$with_key" "$pages"
start bare-site node "$here/balancer.mjs" "$bare_site" "$without_key" "$pages"
for port in "$site" "$bare_site"; do
  answers "http://127.0.0.1:$port/"
  answers "http://127.0.0.1:$port/api/config"
done

BASE_URL=http://127.0.0.1:$site WITHOUT_KEY_URL=http://127.0.0.1:$bare_site browser_tests safety.test.mjs walk.test.mjs faults.test.mjs without_key.test.mjs
