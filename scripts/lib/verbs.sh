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

terraform_failed() { die "terraform $1 failed; run the same command again once its reason is gone; all of its output: $work/terraform-$1.log"; }

run_terraform() { tf "$@" 2>&1 | tee "$work/terraform-$1.log" >&2 || terraform_failed "$1"; }

# An apply that was killed may have made what its state does not know: such resources are taken into the state, and the apply goes on.
# They are imported by the apply itself, all in one plan: half of a module's resources in the state would be an error of its own.
apply_terraform() {
  local round address identity imports
  imports=$(configuration)/imports.tf
  rm -f "$imports"
  for round in 1 2 3 4; do
    if tf apply -input=false -auto-approve 2>&1 | tee "$work/terraform-apply.log" >&2; then
      rm -f "$imports"
      return
    fi
    [ "$round" -lt 4 ] || break
    python3 "$root/scripts/lib/adopt.py" <"$work/terraform-apply.log" >"$work/adopt" || break
    [ -s "$work/adopt" ] || break
    while IFS=$'\t' read -r address identity; do
      step "taking over $address: it exists already ($identity)"
      printf 'import {\n  to = %s\n  id = "%s"\n}\n' "$address" "$identity" >>"$imports"
    done <"$work/adopt"
  done
  rm -f "$imports"
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
  for part in $parts; do
    aws ecr describe-repositories --repository-names "$(repository "$part")" >/dev/null 2>&1 && there=$((there + 1))
  done
  aws secretsmanager describe-secret --secret-id "$(secret_name)" --query 'DeletedDate' --output text 2>/dev/null | grep -qx None && there=$((there + 1))
  [ "$there" -eq 3 ] && return
  step "making the image repositories and the secret"
  run_terraform apply -input=false -auto-approve -compact-warnings -target=module.ecr -target=module.secrets \
    -var frontend_image_tag=none -var backend_image_tag=none
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
  rm -f "$(configuration)/deployed.auto.tfvars.json" "$work/deployed.json"
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
