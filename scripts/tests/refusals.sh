# shellcheck shell=bash
# What the tests of refusals share: no daemon, no network, a state of their own.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
export COUNSELOR_STATE_DIR=$work/state STRATUS_PORT=1 AWS_ENDPOINT_URL='' AWS_EC2_METADATA_DISABLED=true
export root failures

# refuses WHAT CODE WORDS COMMAND…: fails with that code and says one line that has those words.
refuses() {
  local what=$1 code=$2 words=$3 got=0
  shift 3
  "$@" >"$work/out" 2>&1 </dev/null || got=$?
  if [ "$got" -eq "$code" ] && [ "$(wc -l <"$work/out")" -eq 1 ] && grep -qF -- "$words" "$work/out"; then
    printf 'ok - %s\n' "$what"
  else
    printf 'not ok - %s (exit %d)\n' "$what" "$got"
    sed 's/^/  # /' "$work/out" | head -n 5
    failures=$((failures + 1))
  fi
}
