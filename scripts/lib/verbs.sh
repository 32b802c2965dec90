# shellcheck shell=bash
# plan, apply and destroy: the verbs that change an environment or say what they would change.

# Changes to prod ask, before anything is built or started; --auto-approve is the answer where nobody sits at a terminal.
confirm() {
  local ask=no answer
  if [ "$environment" = prod ] && [ "$auto_approve" = no ]; then
    [ -t 0 ] || die "changes to prod ask first: run it in a terminal, or give --auto-approve"
    ask=yes
  fi
  require_window
  [ $ask = yes ] || return 0
  read -r -p "This will $1 prod on target $target. Type prod to go on: " answer
  [ "$answer" = prod ] || die "nothing was changed"
}

terraform_failed() {
  local lock
  # A run that was killed cannot give back a lock that lies in S3.
  lock=$(grep -A8 'Error acquiring the state lock' "$work/terraform-$1.log" | sed -n 's/.*ID: *\([0-9a-f-]\{36\}\).*/\1/p' | head -n 1) || lock=""
  [ -z "$lock" ] || die "the state of $environment is locked: somebody works on it, or a run that was killed left its lock. Where nobody does: scripts/deploy.sh $environment --target $target terraform force-unlock -force $lock; then run the same command again"
  die "terraform $1 failed; run the same command again once its reason is gone; all of its output: $work/terraform-$1.log"
}

run_terraform() { tf "$@" 2>&1 | tee "$work/terraform-$1.log" >&2 || terraform_failed "$1"; }

# The next plan or apply takes resources into the state: lines of an address and an id.
take_over() {
  local address identity
  while IFS=$'\t' read -r address identity; do
    step "taking over $address: an interrupted apply left it ($identity)"
    printf 'import {\n  to = %s\n  id = "%s"\n}\n' "$address" "$identity" >>"$(configuration)/adopted.tf"
  done <"$1"
}

# Leaves in $work/adopt what is there and the state does not know, as far as the plan would make it: lines of an address and an id.
look_for_unrecorded() { # look_for_unrecorded ""|--names [option…]
  local names=$1
  shift
  tf plan -input=false "$@" -out "$work/unrecorded.tfplan" >"$work/terraform-plan.log" 2>&1 || terraform_failed plan
  (umask 077 && tf show -json "$work/unrecorded.tfplan" >"$work/unrecorded.json")
  python3 "$root/scripts/lib/unrecorded.py" "$work/unrecorded.json" ${names:+"$names"} >"$work/adopt" || true
  rm -f "$work/unrecorded.tfplan" "$work/unrecorded.json"
}

# What has no name of its own would be made a second time, and nobody would know of the first: where the last apply did not end well, it is looked for.
take_unrecorded() {
  local round
  [ -e "$work/unfinished" ] || return 0
  step "the last apply did not end: looking for what it made and could not record"
  for round in 1 2 3; do
    look_for_unrecorded "" "$@"
    [ -s "$work/adopt" ] || return 0
    take_over "$work/adopt"
  done
}

# Before a destroy nothing is made, so that what the last apply left is imported one by one, as far as it is there.
import_unrecorded() { # import_unrecorded [option…]
  local round address identity
  [ -e "$work/unfinished" ] || return 0
  step "the last apply did not end: looking for what it made and could not record"
  for round in 1 2; do
    look_for_unrecorded --names "$@"
    while IFS=$'\t' read -r address identity <&3; do
      if tf import -input=false "$@" "$address" "$identity" >>"$work/terraform-import.log" 2>&1 </dev/null; then step "found $address ($identity)"; fi
    done 3<"$work/adopt"
  done
}

# An apply that was killed may have made what its state does not know: such resources are taken into the state, and the apply goes on.
apply_terraform() { # apply_terraform [option…]
  local round
  take_unrecorded "$@"
  : >"$work/unfinished"
  for round in 1 2 3 4; do
    if tf apply -input=false -auto-approve "$@" 2>&1 | tee "$work/terraform-apply.log" >&2; then
      rm -f "$work/unfinished" "$(configuration)/adopted.tf"
      return
    fi
    [ "$round" -lt 4 ] || break
    python3 "$root/scripts/lib/adopt.py" <"$work/terraform-apply.log" >"$work/adopt" || break
    [ -s "$work/adopt" ] || break
    take_over "$work/adopt"
    # What belongs to these can be looked for only now.
    take_unrecorded "$@"
  done
  terraform_failed apply
}

make_state_bucket() {
  [ "$target" = aws ] || return 0
  local bucket location=()
  bucket=$(state_bucket)
  aws s3api head-bucket --bucket "$bucket" >/dev/null 2>&1 && return
  step "making the bucket of Terraform's state: $bucket"
  [ "$region" = us-east-1 ] || location=(--create-bucket-configuration "LocationConstraint=$region")
  aws s3api create-bucket --bucket "$bucket" "${location[@]}" >/dev/null
  aws s3api put-bucket-versioning --bucket "$bucket" --versioning-configuration Status=Enabled
  aws s3api put-public-access-block --bucket "$bucket" \
    --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
}

# Images need repositories and services need images, so the repositories (and the secret, which tasks read at their start) come first.
prepare_repositories() {
  local part there=0
  # Where another environment has the images, there is no repository to make.
  [ "$(image_environment)" = "$environment" ] || there=2
  for part in $parts; do
    [ $there -lt 2 ] || break
    aws ecr describe-repositories --repository-names "$(repository "$part")" >/dev/null 2>&1 && there=$((there + 1))
  done
  aws secretsmanager describe-secret --secret-id "$(secret_name)" --query 'DeletedDate' --output text 2>/dev/null | grep -qx None && there=$((there + 1))
  [ "$there" -eq 3 ] && return
  step "making the image repositories and the secret"
  # There are no images yet; nothing that is made here asks for one.
  TF_VAR_frontend_image_tag=none TF_VAR_backend_image_tag=none apply_terraform -compact-warnings -target=module.ecr -target=module.secrets
}

# What shall not go by accident (images, the record of calls, the secret at once) is let go first where somebody said that it shall go.
release_protection() {
  grep -qE '^disposable *= *false' "$(configuration)/terraform.tfvars" || return 0
  [ -n "$(tf state list 2>/dev/null | grep -m 1 . || true)" ] || return 0
  step "lifting the protection of images, secret and record of calls"
  run_terraform apply -input=false -auto-approve -compact-warnings -target=module.ecr -target=module.secrets -target=module.cloudtrail -target=module.route53 \
    -var disposable=true "$@"
}

verb_apply() {
  [ "$target" = aws ] || need_root
  lock_environment
  start_target
  make_state_bucket
  terraform_init
  prepare_repositories
  publish_images
  store_key
  step "applying (services are waited for until they run)"
  apply_terraform
  if [ "$key_changed" = yes ]; then
    step "starting new backend tasks: they read the new key"
    aws ecs update-service --cluster "counselor-$environment-cluster" --service "counselor-$environment-backend" --force-new-deployment >/dev/null
    wait_steady
  fi
  verify_running
  step "$environment is up"
  verb_url
}

# A deployment that failed leaves the version before it serving (the circuit breaker goes back to it); apply must not call that a success.
verify_running() {
  local part wanted now
  for part in $parts; do
    wanted=$(remembered "${part}_image_tag")
    now=$(image_of "$(running_revision "$part")")
    [ "${now##*:}" = "$wanted" ] || die "$part could not be deployed: $wanted did not become healthy, ${now##*:} keeps serving; see: scripts/deploy.sh $environment logs $part"
  done
}

verb_plan() {
  lock_environment
  require_target
  terraform_init
  local tags=() part
  for part in $parts; do
    [ -n "$(remembered "${part}_image_tag")" ] && [ -z "$image_tag" ] && continue
    tags+=(-var "${part}_image_tag=${image_tag:-built-by-apply}")
  done
  tf plan -input=false "${tags[@]}"
}

verb_destroy() {
  confirm "destroy (its images, its secret and its record of calls too)"
  lock_environment
  require_target
  terraform_init
  local tags=() part family arn key
  for part in $parts; do [ -n "$(remembered "${part}_image_tag")" ] || tags+=(-var "${part}_image_tag=none"); done
  step "destroying $environment on target $target"
  import_unrecorded "${tags[@]}"
  release_protection "${tags[@]}"
  # A user cannot go while it has keys, and those of the pipeline were made by hand.
  for key in $(aws iam list-access-keys --user-name "counselor-$environment-deploy" --query 'AccessKeyMetadata[].AccessKeyId' --output text 2>/dev/null); do
    aws iam delete-access-key --user-name "counselor-$environment-deploy" --access-key-id "$key"
  done
  run_terraform destroy -input=false -auto-approve "${tags[@]}"
  # Terraform leaves old revisions in place, so that a service can roll back to them; with the service gone they have no use.
  for part in $parts; do
    family=counselor-$environment-$part
    for arn in $(aws ecs list-task-definitions --family-prefix "$family" --query 'taskDefinitionArns[]' --output text); do
      aws ecs deregister-task-definition --task-definition "$arn" >/dev/null
    done
  done
  rm -f "$(configuration)/deployed.auto.tfvars.json" "$work/deployed.json" "$work/unfinished"
  step "$environment is gone"
}

# Any Terraform command, on the same state and values that apply uses.
verb_terraform() {
  case "${1:-} ${2:-}" in
    apply\ * | destroy\ * | import\ * | taint\ * | untaint\ * | force-unlock\ * | "state mv" | "state rm" | "state push" | "state replace-provider") require_window ;;
  esac
  lock_environment
  require_target
  terraform_init
  tf "$@"
}
