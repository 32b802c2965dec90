# shellcheck shell=bash
# The two places where an environment can live, and how the clients (aws, terraform, skopeo) are pointed at them.
#   local: Stratus on this machine; built and started when it is not there. aws: AWS itself, with the caller's own credentials.

port=${STRATUS_PORT:-4566}
build_dir=${COUNSELOR_BUILD_DIR:-$root/build/release}

use_target() {
  need aws && need jq && need terraform
  at_least 1.9 "$(terraform_version)" || die "Terraform $(terraform_version) is too old, 1.9 is needed; scripts/setup.sh says more"
  case "$target" in
    local)
      endpoint=http://127.0.0.1:$port
      place=local-$port
      unset AWS_PROFILE AWS_SESSION_TOKEN
      export AWS_ENDPOINT_URL=$endpoint AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
      export NO_PROXY="${NO_PROXY:+$NO_PROXY,}127.0.0.1,localhost"
      ;;
    aws)
      endpoint=""
      place=aws
      unset AWS_ENDPOINT_URL
      at_least 1.10 "$(terraform_version)" || die "target aws needs Terraform 1.10 or newer: older ones cannot lock their state in S3"
      ;;
    *) usage_error "unknown target '$target': it is local or aws" ;;
  esac
  region=${AWS_REGION:-${AWS_DEFAULT_REGION:-us-east-1}}
  export AWS_REGION=$region AWS_DEFAULT_REGION=$region AWS_PAGER="" AWS_MAX_ATTEMPTS=5
  # Where the second copies lie: prod's images and secret are replicated to it, and on AWS backups go there.
  replica_region=${COUNSELOR_REPLICA_REGION:-us-west-2}
  [ "$replica_region" != "$region" ] || replica_region=us-east-1
  # A rebuild in another region has a state of its own, as it has on AWS, where the state's bucket lies in the region.
  [ "$region" = us-east-1 ] || [ "$target" = aws ] || place+=-$region
  # shellcheck disable=SC2034  # whoever sources this reads it
  work=$state_home/$place/$environment
}

stratus_answers() { curl -fsS -o /dev/null --max-time 5 "$endpoint/_stratus/health" 2>/dev/null; }

# For verbs that look: they start nothing.
require_target() {
  if [ "$target" = local ]; then
    stratus_answers || die "Stratus does not answer on $endpoint; 'scripts/deploy.sh $environment apply' builds and starts it"
  fi
  account=$(aws sts get-caller-identity --query Account --output text 2>&1) || die "no access to target $target: $(tail -n 1 <<<"$account")"
  # A change that its window does not allow is recorded before it begins, once.
  if [ "$changing" = yes ] && [ -n "$override" ]; then record_override "$change"; fi
  changing=no
}

# build_programs <target>…: programs of this checkout, in release mode; nothing to do takes a second or two.
build_programs() {
  step "building $* (the first time takes some minutes)"
  cd "$root" || exit
  mkdir -p "$build_dir"
  (
    # One build at a time in one folder, whoever asks.
    flock 8
    [ -e "$build_dir/build.ninja" ] || quietly "$state_home/logs/configure.log" cmake --preset release -B "$build_dir"
    quietly "$state_home/logs/build.log" cmake --build "$build_dir" --target "$@"
  ) 8>>"$build_dir/.lock" || exit
}

# start_target [as-built]: in an emergency the programs that are there serve; building newer ones would cost minutes.
start_target() {
  if [ "$target" = local ]; then
    need_root
    if ! stratus_answers; then
      [[ "${1:-}" == as-built && -x $build_dir/stratus/cli/stratus && -x $build_dir/stratus/daemon/stratusd ]] || build_programs stratus
      step "starting Stratus on $endpoint"
      # shellcheck disable=SC2086  # options, several words
      "$build_dir/stratus/cli/stratus" --port "$port" up ${STRATUS_OPTIONS:+-- $STRATUS_OPTIONS} >&2 || die "Stratus did not start"
    fi
  fi
  require_target
}
