#!/usr/bin/env bash
# The main job, as a user does it: two accounts of the same truth, the API's and the kernel's. Prints "ok - …" or "not ok - …" a check; leaves
# nothing behind. Needs root, a release build and no Stratus that answers already.
set -uo pipefail
# shellcheck source=tests/journey/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
deploy() { "$root/scripts/deploy.sh" dev "$@"; }
fetch() { curl -fsS -m 5 "$url$1"; }
count_namespaces() { ip netns | grep -c "^$tag-" || true; }

alone

check "deploy.sh dev apply succeeds" deploy apply
url=$(deploy url 2>/dev/null | tail -n 1)
check "deploy.sh dev url prints an address" test -n "$url"
check "the frontend's page is served through the load balancer" bash -c "curl -fsS -m 5 '$url/' | grep -q '<div id=\"root\">'"
check "the backend's careers are JSON" bash -c "curl -fsS -m 5 '$url/api/careers' | jq -e '.total >= 20'"
check "the frontend is healthy" bash -c "curl -fsS -m 5 '$url/health' | jq -e '.status == \"ok\"'"
check "the backend is healthy, asked through the load balancer" bash -c "curl -fsS -m 5 '$url/api/health' | jq -e '.status == \"ok\"'"
check "the page forbids inline scripts" bash -c "curl -fsSI -m 5 '$url/' | grep -i content-security-policy | grep -v unsafe-inline"

use_stratus
cluster=counselor-dev-cluster
task=$(aws ecs list-tasks --cluster $cluster --service-name counselor-dev-backend --query 'taskArns[0]' --output text)
eni=$(aws ecs describe-tasks --cluster $cluster --tasks "$task" --query "tasks[0].attachments[0].details[?name=='networkInterfaceId'].value" --output text)
address=$(aws ecs describe-tasks --cluster $cluster --tasks "$task" --query "tasks[0].attachments[0].details[?name=='privateIPv4Address'].value" --output text)
check "two tasks run" bash -c "[ \$(aws ecs list-tasks --cluster $cluster --query 'length(taskArns)') = 2 ]"
groups=$(aws elbv2 describe-target-groups --query 'TargetGroups[].TargetGroupArn' --output text)
for group in $groups; do
  check "the target of ${group%/*} is healthy" bash -c "aws elbv2 describe-target-health --target-group-arn '$group' --query 'TargetHealthDescriptions[].TargetHealth.State' --output text | grep -qx healthy"
done
check "both images are in their repositories" bash -c "for p in frontend backend; do aws ecr describe-images --repository-name counselor-dev-\$p --query 'imageDetails[0].imageTags[0]' --output text | grep -qE '^dev-[0-9a-f]{7}-[0-9]{14}$' || exit 1; done"
check "the caller is the account's root" bash -c "[ \$(aws sts get-caller-identity --query Account --output text) = 000000000000 ]"

# The kernel's view.
pid=$(ip netns pids "$tag-$eni" | head -n 1)
check "one namespace stands for the task's interface" test -n "$pid"
check "the backend runs under an unprivileged user" bash -c "awk '/^Uid:/{exit !(\$2 > 65535 && \$3 > 65535)}' /proc/$pid/status"
check "it has no capabilities and gains none" bash -c "grep -q '^CapEff:.*0000000000000000' /proc/$pid/status && grep -q '^NoNewPrivs:.*1' /proc/$pid/status"
check "its root file system is read-only" bash -c "awk '\$5 == \"/\" {print \$6}' /proc/$pid/mountinfo | grep -qE '(^|,)ro(,|$)'"
check "network, mount and process namespaces are its own" bash -c "for n in net mnt pid; do [ \$(readlink /proc/$pid/ns/\$n) != \$(readlink /proc/self/ns/\$n) ] || exit 1; done"
check "its memory is limited to the task's 512 MiB" bash -c "grep -rqx 536870912 \$(find /sys/fs/cgroup -path '*/$cgroup/*' \( -name memory.limit_in_bytes -o -name memory.max \))"

# A packet that no rule allows does not arrive, and one that a rule allows does.
alb_eni=$(aws ec2 describe-network-interfaces --filters Name=requester-id,Values=amazon-elb --query 'NetworkInterfaces[0].NetworkInterfaceId' --output text)
listener=$(nsenter --net="/run/netns/$tag-$eni" sh -c 'socat TCP-LISTEN:3999,fork,reuseaddr SYSTEM:"echo reached" >/dev/null 2>&1 & echo $!')
check "from the load balancer, the task's port 3001 answers" ip netns exec "$tag-$alb_eni" curl -fsS -m 3 "http://$address:3001/health"
check "inside the task's namespace, port 3999 answers" bash -c "ip netns exec '$tag-$eni' timeout 3 socat -u TCP:$address:3999,connect-timeout=1 STDOUT | grep -q reached"
check "from the load balancer, port 3999 does not: no rule allows it" bash -c "! ip netns exec '$tag-$alb_eni' timeout 3 socat -u TCP:$address:3999,connect-timeout=1 STDOUT | grep -q reached"
kill "$listener" 2>/dev/null

check "what the backend printed is in CloudWatch Logs" until_true 10 bash -c "aws logs filter-log-events --log-group-name /ecs/counselor-dev --log-stream-name-prefix backend --filter-pattern '{ \$.path = \"/api/careers\" }' --query 'length(events)' | grep -qE '^[1-9]'"
check "a second plan has no changes" bash -c "'$root/scripts/deploy.sh' dev plan 2>&1 | grep -q 'No changes'"

# The daemon dies; what it made does not.
# Health checks come and go as processes of their own: the one that serves is known by its number and its start.
started=$(awk '{print $22}' "/proc/$pid/stat")
daemon=$("$stratus" status | jq -r .pid)
kill -9 "$daemon"
check "the app serves while the daemon is dead" fetch /api/careers
check "the daemon starts again" stratus_up
check "the same process runs" bash -c "[ \"\$(awk '{print \$22}' /proc/$pid/stat)\" = '$started' ] && ip netns pids '$tag-$eni' | grep -qx '$pid'"
check "the app serves after it" fetch /
check "the API knows the task" bash -c "[ \$(aws ecs describe-tasks --cluster $cluster --tasks '$task' --query 'tasks[0].lastStatus' --output text) = RUNNING ]"

check "deploy.sh dev destroy succeeds" deploy destroy
check "no namespace of a VPC or an interface is left" until_true 10 bash -c "! ip netns | grep -qE '^$tag-(vpc|eni)-'"
# What was destroyed leaves no name behind that a second beginning would meet: repositories, keys, secrets in their recovery time, log groups.
check "deploy.sh dev apply works again" deploy apply
url=$(deploy url 2>/dev/null)
check "and it serves" until_true 30 fetch /api/careers
check "stratus down --purge succeeds" "$stratus" down --purge
check "no namespace, route, cgroup or hosts entry is left" bash -c "! ip netns | grep -q '^$tag-' && ! ip route | grep -qF '$pool' && ! find /sys/fs/cgroup -maxdepth 3 -name '$cgroup' | grep -q . && ! grep -q '^# stratus $tag ' /etc/hosts"
check "no container or load balancer process is left" bash -c "! pgrep -af '[${run_dir:0:1}]${run_dir:1}/'"
[ $failures -eq 0 ]
