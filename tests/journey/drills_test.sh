#!/usr/bin/env bash
# The quick drills on a running dev, what refuses one, what an interrupted one leaves, and that a planted defect makes the drill fail that covers it.
# Prints "ok - …" or "not ok - …" a check. dev is brought up as drills want it (two tasks in two zones, alarms), so that no time goes into that.
set -uo pipefail
# shellcheck source=tests/journey/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
alone
# By Terraform's own environment variables, not by a file in the configuration: other journeys read that at the same time.
TF_CLI_ARGS_plan="-var alarms=true -var single_zone=false -var schedule=null -var desired_count=2"
export TF_CLI_ARGS_plan TF_CLI_ARGS_apply=$TF_CLI_ARGS_plan
deploy() { "$root/scripts/deploy.sh" dev "$@"; }
drill=$root/scripts/drill.sh
state=${COUNSELOR_STATE_DIR:-/var/lib/counselor}/local-${STRATUS_PORT:-4566}/dev
says() { # says WORDS FILE: one line of the file has them
  grep -qF -- "$1" "$2" || { tail -n 15 "$2"; return 1; }
}
fails() { ! "$@" >"$work/failing" 2>&1; }
broken() { until_true 90 grep -qs ' fault: ' "$work/log"; }
route() { aws ec2 describe-route-tables --filters 'Name=tag:Name,Values=counselor-dev-public' --query "RouteTables[].Routes[?DestinationCidrBlock=='0.0.0.0/0'].GatewayId[]" --output text | grep -q ^igw-; }

check "dev comes up" deploy apply || exit 1
use_stratus

# Of the drills with the same alarm only one: the next would wait until that is over.
quick="task-killed bad-image nat-lost daemon-killed"
# shellcheck disable=SC2086  # names, several words
"$drill" dev $quick --reports "$work/reports" >"$work/table" 2>"$work/log" &
running=$!
until_true 60 grep -qs -- '--- task-killed' "$work/log"
check "a second drill is refused while one runs" bash -c "! '$drill' dev bad-image >'$work/second' 2>&1 && grep -q '^drill.sh: another drill runs on dev' '$work/second'"
wait $running
result=$?
check "the quick drills hold: $(grep -vE '^[|]|^Objectives' "$work/table" | tr '\n' ' ')" test $result -eq 0
for name in $quick; do
  check "the table has $name: held" grep -qE "^\| $name +\| held " "$work/table"
  check "its page has its figures beside the objectives" bash -c "grep -qE '^[|] MTTR +[|] [0-9.]+ s +[|] 900 s' '$work/reports/$name.md' && grep -qE '^[|] RPO +[|] – +[|] 3600 s' '$work/reports/$name.md'"
  check "its timeline is a picture that says what it shows" python3 -c "import sys, xml.etree.ElementTree as x; r = x.parse(sys.argv[1]).getroot(); assert [e for e in r if e.tag.endswith('title')] and [e for e in r if e.tag.endswith('desc')]" "$work/reports/$name.svg"
done
check "a Terraform plan is empty after them" bash -c "'$root/scripts/deploy.sh' dev plan 2>&1 | grep -q 'No changes'"

# Interrupted in two ways.
"$drill" dev route-removed --reports "$work/cut" >"$work/table" 2>"$work/log" &
running=$!
check "a drill breaks the route" broken
kill -INT $running
wait $running
check "interrupted, it ends as such" test $? -eq 130
check "and the route is back" route
"$drill" dev route-removed --reports "$work/cut" >"$work/table" 2>"$work/log" &
running=$!
check "another drill breaks the route" broken
kill -9 $running
check "killed, it leaves no fault: the route is back" until_true 30 route
check "and nothing that is still to be undone" until_true 60 not test -e "$state/drill/undo.json"
check "the page is served" until_true 30 curl -fsS -m 5 -o /dev/null "$(deploy url 2>/dev/null)/"

# Defects, all at once: each drill finds its own.
group=$(aws elbv2 describe-target-groups --names counselor-dev-backend --query 'TargetGroups[0].TargetGroupArn' --output text)
aws elbv2 modify-target-group --target-group-arn "$group" --matcher HttpCode=200-499 >/dev/null
aws ecs update-service --cluster counselor-dev-cluster --service counselor-dev-backend --deployment-configuration 'deploymentCircuitBreaker={enable=false,rollback=false},minimumHealthyPercent=100,maximumPercent=200' >/dev/null
aws cloudwatch delete-alarms --alarm-names counselor-dev-task-failures
check "the readiness check, the circuit breaker and the alarm being off, drills fail" fails "$drill" dev task-killed bad-image bad-config --reports "$work/defects"
check "task-killed by the alarm that is not there" says "task-killed: the alarm counselor-dev-task-failures does not exist" "$work/failing"
check "bad-image by the requests that failed" grep -qE '^bad-image: [0-9]+ requests failed' "$work/failing"
check "bad-config by the deployment that goes on" says "the circuit breaker does not end the deployment" "$work/failing"

aws ecs update-service --cluster counselor-dev-cluster --service counselor-dev-frontend --desired-count 0 >/dev/null
check "an environment that is not healthy is refused" bash -c "! '$drill' dev task-killed >'$work/second' 2>&1 && grep -q '^drill.sh: no drill on an environment that is not healthy' '$work/second'"

check "dev is destroyed" deploy destroy
[ $failures -eq 0 ]
