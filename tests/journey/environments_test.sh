#!/usr/bin/env bash
# dev, test and prod at the same time on one Stratus, all of them 10.0.0.0/16: each serves, none sees another, a second plan is empty for all, and
# nothing is left when they are destroyed. Prints "ok - …" or "not ok - …" a check.
set -uo pipefail
# shellcheck source=tests/journey/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
alone
domain=counselor.example.com
# prod is changed at any time of day here: the reason lets it through its maintenance window.
deploy() { "$root/scripts/deploy.sh" "$@" --auto-approve --override "a rehearsal"; }
balancer() { aws elbv2 describe-load-balancers --names "counselor-$1-alb" --query 'LoadBalancers[0].DNSName' --output text; }
prod() { curl -sS -m 5 --connect-to "::$(balancer prod)" "$@"; }
empty_plan() { deploy "$1" plan 2>&1 | tail -n 40 | tee "$work/plan" | grep -q 'No changes' || { cat "$work/plan" && false; }; }

for environment in dev test prod; do
  began=$SECONDS
  check "$environment is applied" deploy $environment apply
  printf '# %s took %d s\n' $environment $((SECONDS - began))
done
use_stratus

check "three VPCs have the same range" bash -c "[ \$(aws ec2 describe-vpcs --filters Name=cidr,Values=10.0.0.0/16 Name=tag:Project,Values=counselor --query 'length(Vpcs)') = 3 ]"
for environment in dev test; do
  check "$environment serves its page" bash -c "curl -fsS -m 5 'http://$(balancer $environment)/' | grep -q '<div id=\"root\">'"
  check "$environment answers the API" bash -c "curl -fsS -m 5 'http://$(balancer $environment)/api/careers' | jq -e '.total >= 20'"
done

"$stratus" ca >"$work/ca.pem"
check "prod serves over HTTPS with a chain to Stratus's authority" bash -c "$(declare -f prod balancer); prod -f --cacert '$work/ca.pem' https://$domain/api/careers | jq -e '.total >= 20'"
check "over HTTPS the browser is told to insist on it" bash -c "$(declare -f prod balancer); prod -f -D - -o /dev/null --cacert '$work/ca.pem' https://$domain/ | grep -i '^strict-transport-security: max-age=31536000'"
check "and to nobody who does not trust that authority" not prod -f "https://$domain/"
check "prod answers HTTP with 301 to HTTPS" bash -c "$(declare -f prod balancer); [ \"\$(prod -o /dev/null -w '%{http_code} %{redirect_url}' http://$domain/a?b=c)\" = '301 https://$domain:443/a?b=c' ] || prod -i http://$domain/a | grep -i '^location: https://$domain'"
check "the certificate is for the domain and for www" bash -c "openssl s_client -connect '$(balancer prod):443' -servername $domain </dev/null 2>/dev/null | openssl x509 -noout -ext subjectAltName | grep 'DNS:$domain' | grep 'DNS:www.$domain'"
check "TLS 1.1 is refused" not prod --tls-max 1.1 --cacert "$work/ca.pem" "https://$domain/"
check "deploy.sh prod url names the domain" bash -c "[ \"\$('$root/scripts/deploy.sh' prod url 2>/dev/null)\" = https://$domain ]"

tasks() { aws ecs list-tasks --cluster "counselor-$1-cluster" --query 'length(taskArns)' --output text; }
check "dev and test run a task of each part, prod two" bash -c "$(declare -f tasks); [ \"\$(tasks dev) \$(tasks test) \$(tasks prod)\" = '2 2 4' ]"
# shellcheck disable=SC2046  # several tasks
zones() { aws ecs describe-tasks --cluster "counselor-$1-cluster" --tasks $(aws ecs list-tasks --cluster "counselor-$1-cluster" --query 'taskArns[]' --output text) --query 'tasks[].availabilityZone' --output text | tr '\t' '\n' | sort -u | wc -l; }
check "dev stays in one zone, prod is in two" bash -c "$(declare -f zones); [ \"\$(zones dev) \$(zones prod)\" = '1 2' ]"
check "dev's tasks run on Spot, prod's do not" bash -c "
  provider() { aws ecs describe-tasks --cluster counselor-\$1-cluster --tasks \$(aws ecs list-tasks --cluster counselor-\$1-cluster --query 'taskArns[]' --output text) --query 'tasks[].capacityProviderName' --output text | tr '\t' '\n' | sort -u; }
  [ \"\$(provider dev) \$(provider prod)\" = 'FARGATE_SPOT FARGATE' ]"
check "prod has two NAT gateways, dev and test one each" bash -c "
  gateways() { aws ec2 describe-nat-gateways --filter Name=state,Values=available Name=tag:Environment,Values=\$1 --query 'length(NatGateways)'; }
  [ \"\$(gateways dev) \$(gateways test) \$(gateways prod)\" = '1 1 2' ]"
check "logs are kept for 7, 14 and 30 days, encrypted" bash -c "
  [ \"\$(aws logs describe-log-groups --log-group-name-prefix /ecs/counselor- --query 'logGroups[?kmsKeyId!=null].[retentionInDays]' --output text | sort -n | tr '\n' ' ')\" = '7 14 30 ' ]"

# One address, three networks: a task of dev does not reach the same address in another environment.
interface() { aws ec2 describe-network-interfaces --filters "Name=vpc-id,Values=$(aws ec2 describe-vpcs --filters "Name=tag:Environment,Values=$1" --query 'Vpcs[0].VpcId' --output text)" Name=requester-id,Values=amazon-elb --query 'NetworkInterfaces[0].NetworkInterfaceId' --output text; }
address() { aws ecs describe-tasks --cluster "counselor-$1-cluster" --tasks "$(aws ecs list-tasks --cluster "counselor-$1-cluster" --service-name "counselor-$1-backend" --query 'taskArns[0]' --output text)" --query "tasks[0].attachments[0].details[?name=='privateIPv4Address'].value" --output text; }
check "from prod's load balancer, prod's backend answers" ip netns exec "$tag-$(interface prod)" curl -fsS -m 3 "http://$(address prod):3001/health"
check "what is asked of test's backend from there does not arrive at test" bash -c "
  before=\$(aws logs filter-log-events --log-group-name /ecs/counselor-test --filter-pattern '\"/asked-by-prod\"' --query 'length(events)')
  ip netns exec '$tag-$(interface prod)' curl -sS -m 3 'http://$(address test):3001/asked-by-prod' >/dev/null 2>&1
  [ \"\$before\" = 0 ] && [ \"\$(aws logs filter-log-events --log-group-name /ecs/counselor-test --filter-pattern '\"/asked-by-prod\"' --query 'length(events)')\" = 0 ]"

for environment in dev test prod; do check "a second plan of $environment is empty" empty_plan $environment; done
check "deploy.sh prod cost totals and explains" bash -c "'$root/scripts/deploy.sh' prod cost 2>/dev/null | grep -E '^ECS Fargate +\\\$52\.00 +\\\$71\.09 .*\\\$71\.09'"

# Compliance: it holds, it notices what is broken on purpose, and it holds again.
check "deploy.sh prod check holds" "$root/scripts/deploy.sh" prod check
group=$(aws ec2 describe-security-groups --filters Name=group-name,Values=counselor-prod-tasks --query 'SecurityGroups[0].GroupId' --output text)
aws ec2 authorize-security-group-ingress --group-id "$group" --protocol tcp --port 3001 --cidr 0.0.0.0/0 >/dev/null
check "it fails when the tasks are open to the world" bash -c "! '$root/scripts/deploy.sh' prod check >'$work/check' 2>&1 && grep -q 'FAIL  Security groups' '$work/check'"
aws ec2 revoke-security-group-ingress --group-id "$group" --protocol tcp --port 3001 --cidr 0.0.0.0/0 >/dev/null
aws cloudtrail stop-logging --name counselor-prod
check "it fails when the trail is stopped" bash -c "! '$root/scripts/deploy.sh' prod check >'$work/check' 2>&1 && grep -q 'FAIL  Audit logging' '$work/check'"
aws cloudtrail start-logging --name counselor-prod
check "and it holds again" "$root/scripts/deploy.sh" prod check

check "why prod was changed outside of its window is in its log" bash -c "aws logs filter-log-events --log-group-name /changes/counselor-prod --query 'events[].message' --output json | jq -e 'map(fromjson) | any(.change == \"apply\" and .reason == \"a rehearsal\")'"
for environment in prod test dev; do check "$environment is destroyed" deploy $environment destroy; done
check "no VPC, load balancer, cluster, repository, log group, alarm or zone is left" bash -c "
  [ -z \"\$(aws ec2 describe-vpcs --filters Name=tag:Project,Values=counselor --query 'Vpcs[].VpcId' --output text)\$(aws elbv2 describe-load-balancers --query 'LoadBalancers[].LoadBalancerName' --output text)\$(aws ecs list-clusters --query 'clusterArns[]' --output text)\$(aws ecr describe-repositories --query 'repositories[].repositoryName' --output text)\$(aws logs describe-log-groups --log-group-name-prefix /ecs/counselor- --query 'logGroups[].logGroupName' --output text)\$(aws cloudwatch describe-alarms --query 'MetricAlarms[].AlarmName' --output text)\$(aws route53 list-hosted-zones --query 'HostedZones[].Name' --output text)\$(aws s3api list-buckets --query 'Buckets[].Name' --output text)\" ]"
check "no namespace of a VPC or an interface is left" until_true 10 bash -c "! ip netns | grep -qE '^$tag-(vpc|eni)-'"
[ $failures -eq 0 ]
