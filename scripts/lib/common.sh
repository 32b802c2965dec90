# shellcheck shell=bash
# What every script here shares: where things are, how they speak, how they refuse.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
state_home=${COUNSELOR_STATE_DIR:-/var/lib/counselor}
started=$SECONDS
export root state_home

# Progress goes to standard error, results to standard output.
say() { printf '%s\n' "$*" >&2; }
step() { printf '[%3ds] %s\n' "$((SECONDS - started))" "$*" >&2; }
die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}
usage_error() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 2
}

need_root() { [ "$(id -u)" -eq 0 ] || die "run it as root (sudo $0 …): namespaces, cgroups and packages need it"; }
have() { command -v "$1" >/dev/null 2>&1; }
need() { have "$1" || die "$1 is missing; scripts/setup.sh installs it"; }

# at_least 1.9 1.11.4: whether the second version is not older than the first.
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

# Runs a long command with its output in a file; the end of that file is shown when it fails.
quietly() {
  local log=$1
  shift
  mkdir -p "$(dirname "$log")"
  if ! "$@" >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    die "failed: $*; all of its output: $log"
  fi
}

# What passed for the commit that is checked out, so that the deployment's checklist can tell; a changed work tree is no commit.
record_passed() {
  [ -n "$(git -C "$root" status --porcelain 2>/dev/null || echo unknown)" ] && return
  mkdir -p "$root/build/passed"
  git -C "$root" rev-parse HEAD >"$root/build/passed/$1"
}
