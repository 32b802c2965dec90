# shellcheck shell=bash
# rollback and scale: changes of a running environment that need no build.

# The one word that names a part, or both of them.
chosen_parts() {
  case "${1:-}" in
    "") printf '%s' "$parts" ;;
    frontend | backend) printf '%s' "$1" ;;
    *) usage_error "'$1' is no part: it is frontend or backend" ;;
  esac
}

running_revision() { services_json | jq -r --arg name "$(service "$1")" '.services[] | select(.serviceName == $name) | .taskDefinition | split("/") | last'; }

# The newest active revision before the one that runs.
previous_revision() {
  local current=$1
  aws ecs list-task-definitions --family-prefix "${current%:*}" --status ACTIVE --sort DESC --output json |
    jq -r --arg family "${current%:*}" --argjson number "${current##*:}" \
      '[.taskDefinitionArns[] | split("/") | last | split(":") | select(.[0] == $family and (.[1] | tonumber) < $number)] | first // empty | join(":")'
}

image_of() { aws ecs describe-task-definition --task-definition "$1" --query 'taskDefinition.containerDefinitions[0].image' --output text 2>/dev/null; }

# rollback [frontend|backend] [revision]: each service goes back to its last revision; the next apply deploys this checkout again.
verb_rollback() {
  local part="" revision="" word current wanted image moved=0
  for word in "$@"; do
    if [[ $word =~ ^[0-9]+$ ]]; then revision=$word; else part=$(chosen_parts "$word"); fi
  done
  [ -z "$revision" ] || [ -n "$part" ] || usage_error "a revision is one service's: scripts/deploy.sh $environment rollback backend $revision"
  confirm "roll back"
  lock_environment
  require_target
  for part in ${part:-$parts}; do
    current=$(running_revision "$part" 2>/dev/null) || current=""
    [ -n "$current" ] || die "$environment is not deployed on target $target"
    if [ -n "$revision" ]; then wanted=${current%:*}:$revision; else wanted=$(previous_revision "$current"); fi
    if [ -z "$wanted" ]; then
      step "$part runs $current, and there is none before it"
      continue
    fi
    image=$(image_of "$wanted") || die "$wanted does not exist; see: aws ecs list-task-definitions --family-prefix ${current%:*}"
    has_image "$(basename "${image%:*}")" "${image##*:}" || die "the image of $wanted is no longer in its repository: ${image##*:}"
    step "$part: $current goes back to $wanted (${image##*:})"
    aws ecs update-service --cluster "$(cluster)" --service "$(service "$part")" --task-definition "$wanted" >/dev/null || die "$part could not be changed"
    moved=$((moved + 1))
  done
  [ "$moved" -gt 0 ] || die "there is no older revision to go back to"
  wait_steady
  step "rolled back"
  verb_url
}

# The least and the greatest number of tasks that auto scaling allows; nothing where there is none.
scaling_bounds() {
  aws application-autoscaling describe-scalable-targets --service-namespace ecs --resource-ids "service/$(cluster)/$(service "$1")" \
    --query 'ScalableTargets[0].[MinCapacity,MaxCapacity]' --output text 2>/dev/null | grep -E '^[0-9]' || true
}

# dev and test sleep out of hours: their schedule leaves no task and allows none. The bounds of this checkout are in force again once Terraform has applied;
# the number of tasks is not Terraform's, so what is below the least is raised here. The schedule's next turn puts it to sleep again.
wake_services() {
  local part least most desired woken=0
  for part in $parts; do
    least="" most=""
    read -r least most < <(scaling_bounds "$part") || true
    desired=$(services_json | jq -r --arg name "$(service "$part")" '.services[] | select(.serviceName == $name) | .desiredCount')
    { [ -n "$least" ] && [ -n "$desired" ] && [ "$desired" -lt "$least" ]; } || continue
    step "$part slept ($desired tasks): $least again"
    aws ecs update-service --cluster "$(cluster)" --service "$(service "$part")" --desired-count "$least" >/dev/null || die "$part could not be woken"
    woken=$((woken + 1))
  done
  [ $woken -eq 0 ] || step "waiting until its tasks run"
  wait_steady
  wait_healthy
}

# As many healthy targets as tasks, for each part: the load balancer sends requests to them.
wait_healthy() {
  local part deadline=$((SECONDS + 300)) wanted arn healthy
  for part in $parts; do
    wanted=$(services_json | jq -r --arg name "$(service "$part")" '.services[] | select(.serviceName == $name) | .desiredCount')
    arn=$(aws elbv2 describe-target-groups --names "$(service "$part")" --query 'TargetGroups[0].TargetGroupArn' --output text) || die "$part has no target group"
    while :; do
      healthy=$(aws elbv2 describe-target-health --target-group-arn "$arn" --query "length(TargetHealthDescriptions[?TargetHealth.State=='healthy'])" --output text)
      [ "$healthy" -ge "$wanted" ] && break
      [ "$SECONDS" -lt "$deadline" ] || die "of $wanted targets of $part, $healthy are healthy after five minutes; see: scripts/deploy.sh $environment logs $part"
      sleep 1
    done
  done
}

# scale <count> [frontend|backend]: that many tasks. scale up|down: tasks of the larger or of the ordinary size; up also wakes what a schedule has put to sleep.
verb_scale() {
  local wanted=${1:-} part least most
  [[ $# -ge 1 && $# -le 2 ]] || usage_error "scale takes a number of tasks and perhaps a part, or up or down"
  if [ "$wanted" = up ] || [ "$wanted" = down ]; then
    [ $# -eq 1 ] || usage_error "the size of tasks is one for all parts: scale $wanted takes no part"
    confirm "resize the tasks of"
    lock_environment
    require_target
    terraform_init
    [ -n "$(remembered backend_image_tag)" ] || die "$environment is not deployed on target $target"
    remember scaled_up "$([ "$wanted" = up ] && echo true || echo false)"
    step "changing the size of the tasks"
    apply_terraform
    if [ "$wanted" = up ]; then wake_services; else wait_steady; fi
    verb_status
    return
  fi
  [[ $wanted =~ ^([0-9]|[1-4][0-9]|50)$ ]] || usage_error "'$wanted' is neither a number of tasks from 0 to 50 nor up or down"
  local chosen
  chosen=$(chosen_parts "${2:-}") || exit
  confirm "scale"
  lock_environment
  require_target
  for part in $chosen; do
    read -r least most < <(scaling_bounds "$part") || true
    [ -z "${least:-}" ] || { [ "$wanted" -ge "$least" ] && [ "$wanted" -le "$most" ]; } ||
      die "auto scaling keeps $part between $least and $most tasks; change desired_count or max_count in infra/environments/$environment/terraform.tfvars"
  done
  for part in $chosen; do
    step "$part: $wanted tasks"
    aws ecs update-service --cluster "$(cluster)" --service "$(service "$part")" --desired-count "$wanted" >/dev/null || die "$part could not be changed: is $environment deployed?"
  done
  wait_steady
  verb_status
}
