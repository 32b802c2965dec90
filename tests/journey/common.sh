# shellcheck shell=bash
# What the journeys share: checks in TAP, waiting, and a Stratus on the default port that is theirs alone.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root" || exit 1
work=$(mktemp -d)
stratus=${STRATUS_PROGRAM:-$root/build/release/stratus/cli/stratus}
failures=0

check() { # check WHAT COMMAND…
  if "${@:2}" >"$work/out" 2>&1; then
    printf 'ok - %s\n' "$1"
  else
    printf 'not ok - %s\n' "$1"
    sed 's/^/  # /' "$work/out" | tail -n 15
    failures=$((failures + 1))
    return 1
  fi
}
until_true() { # until_true SECONDS COMMAND…
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.2
  done
}
not() { ! "$@"; }

cleanup() {
  if "$stratus" status >/dev/null 2>&1; then "$stratus" down --purge >/dev/null 2>&1; fi
  rm -rf "$work" "${COUNSELOR_STATE_DIR:-/var/lib/counselor}"
}

alone() {
  trap cleanup EXIT
  trap 'exit 130' INT TERM
  if "$stratus" status >/dev/null 2>&1; then
    printf 'not ok - nobody else uses the default port: stratus down --purge first\n'
    trap - EXIT
    rm -rf "$work"
    exit 1
  fi
}
use_stratus() {
  eval "$("$stratus" env)"
  export AWS_PAGER=
}
