#!/usr/bin/env bash
# What drill.sh refuses, each in one clear line and before anything is changed. Needs no daemon and no network.
set -uo pipefail
# shellcheck source=scripts/tests/refusals.sh
. "$(dirname "${BASH_SOURCE[0]}")/refusals.sh"
drill=$root/scripts/drill.sh

refuses "an unknown environment" 2 "unknown environment 'staging'" "$drill" staging list
refuses "an unknown target" 2 "unknown target 'moon'" "$drill" dev all --target moon
refuses "an unknown option" 2 "unknown option '--force'" "$drill" dev all --force
refuses "an option without its value" 2 "--load needs a value" "$drill" dev all --load
refuses "a load that is none" 2 "'fast' is no number of requests" "$drill" dev all --load fast
refuses "a drill on prod without --yes" 1 "--yes says that they may" "$drill" prod task-killed
refuses "every drill on prod without --yes" 1 "--yes says that they may" "$drill" prod all
refuses "an environment that is not up" 1 "dev is not up" "$drill" dev task-killed
refuses "all of them on an environment that is not up" 1 "prod is not up" "$drill" prod all --yes

names="task-killed tasks-of-an-az bad-image bad-config secret-rotated permission-removed nat-lost route-removed load-balancer-killed daemon-killed machine-restarted state-lost region-lost certificate-expiring disk-full traffic-x10"
if "$drill" dev list >"$work/list" 2>&1 && [ "$(wc -l <"$work/list")" -eq "$(wc -w <<<"$names")" ] && for name in $names; do grep -qE "^$name +[a-z]" "$work/list" || exit 1; done; then
  printf 'ok - list names every drill and what it breaks\n'
else
  printf 'not ok - list names every drill and what it breaks\n'
  failures=$((failures + 1))
fi
if [ ! -e "$COUNSELOR_STATE_DIR" ]; then printf 'ok - nothing was written\n'; else
  printf 'not ok - nothing was written\n'
  failures=$((failures + 1))
fi
[ $failures -eq 0 ]
