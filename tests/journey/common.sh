# shellcheck shell=bash
# What the journeys share: checks in TAP, waiting, and a Stratus that is theirs alone: the default one, or the one that STRATUS_PORT, STRATUS_STATE_DIR,
# COUNSELOR_STATE_DIR and STRATUS_OPTIONS describe, as scripts/deploy.sh reads them.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root" || exit 1
work=$(mktemp -d)
stratus=${STRATUS_PROGRAM:-$root/build/release/stratus/cli/stratus}
failures=0

# option NAME DEFAULT: what STRATUS_OPTIONS says of an option of the daemon.
option() { if [[ " ${STRATUS_OPTIONS:-}" =~ \ --$1[=\ ]([^ ]+) ]]; then printf '%s' "${BASH_REMATCH[1]}"; else printf '%s' "$2"; fi; }
tag=$(option tag st)
run_dir=$(option run-dir /run/stratus)
pool=$(option public-pool 198.18.0.0/16)
cgroup=stratus
[ "$tag" = st ] || cgroup=stratus-$tag
export tag run_dir pool cgroup

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

stratus_up() { "$stratus" up ${STRATUS_OPTIONS:+-- $STRATUS_OPTIONS}; }

cleanup() {
  if "$stratus" status >/dev/null 2>&1; then "$stratus" down --purge >/dev/null 2>&1; fi
  rm -rf "$work" "${COUNSELOR_STATE_DIR:-/var/lib/counselor}"
}

alone() {
  trap cleanup EXIT
  trap 'exit 130' INT TERM
  if "$stratus" status >/dev/null 2>&1; then
    printf 'not ok - nobody else uses port %s: stratus down --purge first\n' "${STRATUS_PORT:-4566}"
    trap - EXIT
    rm -rf "$work"
    exit 1
  fi
}
use_stratus() {
  eval "$("$stratus" env)"
  export AWS_PAGER=
}
