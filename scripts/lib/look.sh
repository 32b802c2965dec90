# shellcheck shell=bash
# url, status and logs: what an environment is like right now. They change nothing.

cluster() { printf 'counselor-%s-cluster' "$environment"; }
service() { printf 'counselor-%s-%s' "$environment" "$1"; }
services_json() { aws ecs describe-services --cluster "$(cluster)" --services "$(service frontend)" "$(service backend)" --output json; }

# With TLS, the name that the certificate is for; otherwise the load balancer's own.
verb_url() {
  [ -n "${account:-}" ] || require_target
  local balancer certificate domain
  balancer=$(aws elbv2 describe-load-balancers --names "counselor-$environment-alb" --query 'LoadBalancers[0].[LoadBalancerArn,DNSName]' --output text 2>/dev/null) ||
    die "$environment has no load balancer on target $target: it is not deployed"
  certificate=$(aws elbv2 describe-listeners --load-balancer-arn "${balancer%%$'\t'*}" --query "Listeners[?Port==\`443\`].Certificates[0].CertificateArn | [0]" --output text)
  if [ -n "$certificate" ] && [ "$certificate" != None ]; then
    domain=$(aws acm describe-certificate --certificate-arn "$certificate" --query Certificate.DomainName --output text) || domain=${balancer#*$'\t'}
    printf 'https://%s\n' "$domain"
  else
    printf 'http://%s\n' "${balancer#*$'\t'}"
  fi
}

# Every service runs as many tasks as it shall, from one deployment.
wait_steady() {
  local deadline=$((SECONDS + 600)) state
  while :; do
    state=$(services_json | jq -r '[.services[] | select(.runningCount != .desiredCount or (.deployments | length) != 1)] | length')
    [ "$state" = 0 ] && return
    [ "$SECONDS" -lt "$deadline" ] || die "the services did not become steady within ten minutes; see: scripts/deploy.sh $environment status"
    sleep 2
  done
}

verb_status() {
  require_target
  local group arn
  services_json 2>/dev/null >"${TMPDIR:-/tmp}/services.$$" || die "$environment is not deployed on target $target"
  jq -r '.services[] | "\(.serviceName)  \(.status)  \(.runningCount) of \(.desiredCount) tasks run, \(.pendingCount) start  \(.taskDefinition | split("/") | last)  rollout \(.deployments[0].rolloutState // "-")"' "${TMPDIR:-/tmp}/services.$$"
  rm -f "${TMPDIR:-/tmp}/services.$$"
  for group in frontend backend; do
    arn=$(aws elbv2 describe-target-groups --names "$(service $group)" --query 'TargetGroups[0].TargetGroupArn' --output text 2>/dev/null) || continue
    aws elbv2 describe-target-health --target-group-arn "$arn" --output json |
      jq -r --arg group "$group" '.TargetHealthDescriptions[] | "target \($group)  \(.Target.Id):\(.Target.Port)  \(.TargetHealth.State)  \(.TargetHealth.Description // "")"'
  done
  aws cloudwatch describe-alarms --alarm-name-prefix "counselor-$environment-" --output json 2>/dev/null |
    jq -r '.MetricAlarms[] | "alarm \(.AlarmName)  \(.StateValue)"' || say "note: no alarms can be read on this target"
  printf 'load balancer %s\naddress %s\n' "$(aws elbv2 describe-load-balancers --names "counselor-$environment-alb" --query 'LoadBalancers[0].DNSName' --output text)" "$(verb_url)"
}

# logs [frontend|backend] [--follow]: the last quarter of an hour, then what comes.
verb_logs() {
  require_target
  local group=/ecs/counselor-$environment prefix="" follow=no from events
  for argument in "$@"; do
    case "$argument" in
      frontend | backend) prefix=$argument ;;
      --follow | -f) follow=yes ;;
      *) usage_error "logs takes frontend or backend, and --follow, but got: $argument" ;;
    esac
  done
  from=$((($(date +%s) - 900) * 1000))
  while :; do
    events=$(aws logs filter-log-events --log-group-name "$group" ${prefix:+--log-stream-name-prefix "$prefix/"} --start-time "$from" --output json) || die "$group cannot be read"
    jq -r '.events | sort_by(.timestamp)[] | "\(.timestamp / 1000 | todate) \(.logStreamName | split("/")[0])  \(.message)"' <<<"$events"
    [ "$follow" = yes ] || return 0
    from=$(jq -r --arg from "$from" '([.events[].timestamp] | max // ($from | tonumber - 1)) + 1' <<<"$events")
    sleep 1
  done
}
