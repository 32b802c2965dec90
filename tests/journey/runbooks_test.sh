#!/usr/bin/env bash
# Every command of the runbooks, in their order, on a dev environment that is brought up for it; then what a runbook cannot show: that a sleeping
# environment is woken, that a bad backup changes nothing, and that everything lost comes back. Prints "ok - …" or "not ok - …" a check.
set -uo pipefail
# shellcheck source=tests/journey/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
alone
state=${STRATUS_STATE_DIR:-/var/lib/stratus}
home=${COUNSELOR_STATE_DIR:-/var/lib/counselor}
deploy() { "$root/scripts/deploy.sh" dev "$@"; }
cluster=counselor-dev-cluster

check "dev is applied" deploy apply || exit 1
tests/journey/runbooks.py dev || failures=$((failures + 1))
use_stratus
url=$(deploy url 2>/dev/null)
serves() { curl -fsS -m 5 "$url/api/careers" | jq -e '.total >= 20'; }

# Asleep, as its schedule leaves it in the evening. Only now: what is asked of a sleeping environment is answered with 5xx, which the pages' checks would see.
for part in frontend backend; do
  aws application-autoscaling register-scalable-target --service-namespace ecs --scalable-dimension ecs:service:DesiredCount --resource-id "service/$cluster/counselor-dev-$part" --min-capacity 0 --max-capacity 0 >/dev/null
  aws ecs update-service --cluster $cluster --service "counselor-dev-$part" --desired-count 0 >/dev/null
done
check "asleep, it does not serve" until_true 60 not serves
check "and its checklist says what wakes it" bash -c "! '$root/scripts/deploy.sh' dev checklist before >'$work/asleep' 2>&1; grep -q 'sleep: scripts/deploy.sh dev scale up' '$work/asleep' || { cat '$work/asleep'; exit 1; }"
check "which does" deploy scale up
check "awake, it serves" until_true 60 serves
check "and its tasks can have their ordinary size again" deploy scale down
check "what was changed under a name is in the log of changes, with the name" bash -c "aws logs filter-log-events --log-group-name /changes/counselor-dev --query 'events[].message' --output json | jq -e 'map(fromjson) | any(.change == \"apply\" and .reason == \"the runbooks are rehearsed\")'"

# Bad backups, each refused in one line.
refuses() { # refuses WORDS COMMAND…
  if ! "${@:2}" >"$work/said" 2>&1 </dev/null && [ "$(wc -l <"$work/said")" -eq 1 ] && grep -qF -- "$1" "$work/said"; then return; fi
  cat "$work/said"
  return 1
}
good=$(find "$home/backups/dev" -name '*.tar' | sort | tail -n 1)
cp "$good" "$work/bad.tar"
head -c 2000 /dev/urandom | dd of="$work/bad.tar" bs=1 seek=$(($(stat -c %s "$good") / 2)) conv=notrunc status=none
running() { aws ecs list-tasks --cluster $cluster --query 'sort(taskArns)' --output text; }
before=$(running)
check "a damaged backup is refused" refuses "bad.tar is damaged: " deploy restore "$work/bad.tar"
check "so is another environment's" refuses "is of environment dev, not test" "$root/scripts/deploy.sh" test restore "$good" --override "a rehearsal"
check "and nothing was changed" bash -c "[ '$before' = \"\$(aws ecs list-tasks --cluster $cluster --query 'sort(taskArns)' --output text)\" ]"

# Another place for backups, as on AWS.
check "a backup goes to a bucket in another region" env COUNSELOR_BACKUPS=s3://counselor-dev-backup-000000000000-us-west-2 bash -c "'$root/scripts/deploy.sh' dev backup >'$work/covered'"
check "which says that Stratus's state is not in it" grep "^Stratus's state  *not covered  *nowhere" "$work/covered"
check "it is there, and the bucket keeps versions" bash -c "aws s3api list-objects-v2 --bucket counselor-dev-backup-000000000000-us-west-2 --query 'Contents[].Key' --output text | grep -q -- '-dev.tar' && [ \$(aws s3api get-bucket-versioning --bucket counselor-dev-backup-000000000000-us-west-2 --query Status --output text) = Enabled ]"

# Everything is lost but the backup: Stratus's state, its own copies, Terraform's state. What ran goes on, and is known again.
check "a last backup" deploy backup
before=$(running)
kill -9 "$("$stratus" status | jq -r .pid)"
until_true 10 not "$stratus" status >/dev/null 2>&1
rm -rf "$state" "$state.backups" "${home:?}/local-${STRATUS_PORT:-4566}/dev"
began=$SECONDS
check "restore brings it back, and finds nothing to change" bash -c "'$root/scripts/deploy.sh' dev restore >'$work/restore' 2>&1 && grep -q '0 added, 0 changed, 0 destroyed' '$work/restore' || { tail -n 15 '$work/restore'; exit 1; }"
printf '# restored in %d s\n' $((SECONDS - began))
check "it serves" until_true 60 serves
check "the same tasks run as before" bash -c "[ '$before' = \"\$(aws ecs list-tasks --cluster $cluster --query 'sort(taskArns)' --output text)\" ]"
[ $failures -eq 0 ]
