#!/usr/bin/env bash
# Runs every check of the project, or the named ones, each as a step with its time. The last line is "N passed, N failed".
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=scripts/lib/steps.sh
. "$root/scripts/lib/steps.sh"

all_steps=(shell format terraform build unit kernel frontend hygiene api stacks tidy journey)
beside_steps=(api stacks tidy)
preset=${COUNSELOR_PRESET:-release}
export artifacts=$root/build/test-artifacts
passed=0 failed=0 chosen=()

while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help)
      say "usage: scripts/test.sh [--preset release|debug|asan] [step …]    steps: ${all_steps[*]}; without any, all of them"
      exit 0
      ;;
    --preset)
      [ $# -ge 2 ] || usage_error "--preset needs a value: release, debug or asan"
      preset=$2
      shift
      ;;
    *)
      [[ " ${all_steps[*]} " == *" $1 "* ]] || usage_error "unknown step '$1': the steps are ${all_steps[*]}"
      chosen+=("$1")
      ;;
  esac
  shift
done
[ ${#chosen[@]} -gt 0 ] || chosen=("${all_steps[@]}")
export build_dir=$root/build/$preset preset

need_root
mkdir -p "$artifacts"
rm -f "$artifacts/failures.txt"
trap 'stop_step; stop_beside' EXIT
trap 'exit 130' INT TERM
cd "$root"

# Steps that mostly wait for daemons of their own go beside the others, from the build on; so does what may wait for a processor.
beside=()
for name in "${chosen[@]}"; do
  if [[ " ${beside_steps[*]} " == *" $name "* ]]; then beside+=("$name"); fi
done
built=
[[ " ${chosen[*]} " == *" build "* ]] || built=1
for name in "${chosen[@]}"; do
  if [ -n "$built" ] && [ ${#beside[@]} -gt 0 ]; then
    run_beside "${beside[@]}"
    beside=()
  fi
  [[ " ${beside_steps[*]} " != *" $name "* ]] || continue
  run_step "$name"
  if [ "$name" = build ]; then
    if [ "$step_failed" -gt 0 ]; then
      say "what is built cannot be tested; the steps after it are left out"
      break
    fi
    built=1
  fi
done
if [ -n "$built" ] && [ ${#beside[@]} -gt 0 ]; then run_beside "${beside[@]}"; fi
join_beside

if [ -s "$artifacts/failures.txt" ]; then
  printf '\n'
  cat "$artifacts/failures.txt"
fi
if [ "$failed" -eq 0 ] && [ "${chosen[*]}" = "${all_steps[*]}" ]; then record_passed tests; fi
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
