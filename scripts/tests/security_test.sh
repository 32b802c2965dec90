#!/usr/bin/env bash
# The security stage records that a commit passed only where everything was looked at. Trivy and npm are stood in for; no network.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

mkdir -p "$work/repo/app/frontend" "$work/bin"
cp -r "$root/scripts" "$work/repo/"
rm -rf "$work/repo/scripts/ci/lint/node_modules"
echo '{}' >"$work/repo/app/frontend/package-lock.json"
printf 'build/\n__pycache__/\n' >"$work/repo/.gitignore"
git -C "$work/repo" init -q
git -C "$work/repo" add .
git -C "$work/repo" -c user.name=x -c user.email=x@example.com -c commit.gpgsign=false commit -qm x
for folder in /usr/local/bin /usr/bin /bin; do
  for program in "$folder"/*; do
    case "${program##*/}" in trivy | npm) ;; *) ln -sf "$program" "$work/bin/" 2>/dev/null ;; esac
  done
done

stub() { # stub NAME TEXT
  rm -f "$work/bin/$1"
  printf '#!/bin/sh\n%s\n' "$2" >"$work/bin/$1"
  chmod +x "$work/bin/$1"
}
answers() { stub npm "echo '{\"metadata\":{\"vulnerabilities\":{\"critical\":0,\"high\":0,\"moderate\":0,\"low\":0}}}'"; }

# stage WHAT CODE RECORDED: the stage ends with that code, and the commit is then recorded (yes) or not (no).
stage() {
  local got=0 recorded=no
  rm -rf "$work/repo/build"
  env -u GITHUB_ACTIONS -u COUNSELOR_CI_DIR PATH="$work/bin" "$work/repo/scripts/ci/security.sh" >"$work/out" 2>&1 || got=$?
  [ "$(cat "$work/repo/build/passed/security" 2>/dev/null)" != "$(git -C "$work/repo" rev-parse HEAD)" ] || recorded=yes
  if [ $got -eq "$2" ] && [ $recorded = "$3" ]; then
    printf 'ok - %s\n' "$1"
  else
    printf 'not ok - %s (exit %d, recorded: %s)\n' "$1" $got $recorded
    sed 's/^/  # /' "$work/out" | tail -n 8
    failures=$((failures + 1))
  fi
}

stub trivy 'exit 0'
answers
stage "a whole scan without findings is recorded" 0 yes
stub npm 'exit 1'
stage "one whose registry did not answer is not" 0 no
answers
rm -f "$work/bin/trivy"
stage "nor is one without Trivy" 0 no
# shellcheck disable=SC2016  # the stub's own word
stub trivy 'case "$*" in *--exit-code*) exit 1 ;; esac'
stage "nor is one with findings, which fails" 1 no
[ $failures -eq 0 ]
