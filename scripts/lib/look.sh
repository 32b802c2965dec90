# shellcheck shell=bash
# url, status and logs: what an environment is like right now. They change nothing.

cluster() { printf 'counselor-%s-cluster' "$environment"; }
service() { printf 'counselor-%s-%s' "$environment" "$1"; }
services_json() { aws ecs describe-services --cluster "$(cluster)" --services "$(service frontend)" "$(service backend)" --output json; }

# Leaves in `balancer_arn`, `balancer_name` and `balancer_dns` the load balancer that leads to the environment: its own, or that of the
# environment whose guest it is.
find_balancer() {
  group_arn=$(aws elbv2 describe-target-groups --names "$(service frontend)" --query 'TargetGroups[0].TargetGroupArn' --output text 2>/dev/null) || return 1
  balancer_arn=$(aws elbv2 describe-target-groups --target-group-arns "$group_arn" --query 'TargetGroups[0].LoadBalancerArns[0]' --output text) || return 1
  [ "$balancer_arn" != None ] || return 1
  read -r balancer_name balancer_dns < <(aws elbv2 describe-load-balancers --load-balancer-arns "$balancer_arn" --query 'LoadBalancers[0].[LoadBalancerName,DNSName]' --output text)
}

# Leaves in `way` how curl reaches an environment on this machine: Stratus's own authority signs what it serves, and its own servers answer for the
# domain, by HTTP too.
way_here() { # way_here ENDPOINT BALANCER FILE: the authority is left in FILE
  curl -fsS -m 5 -o "$3" "$1/_stratus/ca.pem" || return 1
  way=(--cacert "$3" --connect-to "::$2:")
}

# What an address of the application answers, by that way: a status code, 000 for none.
status_of() { curl -sS -m 5 -o /dev/null -w '%{http_code}' "${way[@]}" "$1" 2>/dev/null || true; }

# A guest is known by the domain of the rule that leads to it.
guest_url() {
  local listener port rules
  while read -r listener port; do
    rules=$(aws elbv2 describe-rules --listener-arn "$listener" --output json | jq -r --arg group "$group_arn" \
      '[.Rules[] | select(any(.Actions[]; .TargetGroupArn == $group)) | .Conditions[] | select(.Field == "host-header") | .HostHeaderConfig.Values[0]] | first // empty')
    [ -n "$rules" ] || continue
    if [ "$port" = 443 ]; then printf 'https://%s\n' "$rules"; else printf 'http://%s\n' "$rules"; fi
    return
  done < <(aws elbv2 describe-listeners --load-balancer-arn "$balancer_arn" --query 'reverse(sort_by(Listeners, &Port))[].[ListenerArn,Port]' --output text)
  die "no rule of $balancer_name leads to $environment"
}

# With TLS, the name that the certificate is for; otherwise the load balancer's own.
verb_url() {
  [ -n "${account:-}" ] || require_target
  local certificate domain
  find_balancer || die "$environment has no load balancer on target $target: it is not deployed"
  if [ "$balancer_name" != "counselor-$environment-alb" ]; then
    guest_url
    return
  fi
  certificate=$(aws elbv2 describe-listeners --load-balancer-arn "$balancer_arn" --query "Listeners[?Port==\`443\`].Certificates[0].CertificateArn | [0]" --output text)
  if [ -n "$certificate" ] && [ "$certificate" != None ]; then
    domain=$(aws acm describe-certificate --certificate-arn "$certificate" --query Certificate.DomainName --output text) || domain=$balancer_dns
    printf 'https://%s\n' "$domain"
  else
    printf 'http://%s\n' "$balancer_dns"
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
    arn=$(aws elbv2 describe-target-groups --names "$(service "$group")" --query 'TargetGroups[0].TargetGroupArn' --output text 2>/dev/null) || continue
    aws elbv2 describe-target-health --target-group-arn "$arn" --output json |
      jq -r --arg group "$group" '.TargetHealthDescriptions[] | "target \($group)  \(.Target.Id):\(.Target.Port)  \(.TargetHealth.State)  \(.TargetHealth.Description // "")"'
  done
  aws cloudwatch describe-alarms --alarm-name-prefix "counselor-$environment-" --output json 2>/dev/null |
    jq -r '.MetricAlarms[] | "alarm \(.AlarmName)  \(.StateValue)"' || say "note: no alarms can be read on this target"
  find_balancer || die "$environment has no load balancer on target $target"
  printf 'load balancer %s\naddress %s\n' "$balancer_dns" "$(verb_url)"
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
