# shellcheck shell=bash
# images, cost and check: what lies in the repositories, what it costs, whether it complies. They change nothing.

need_boto3() { python3 -c 'import boto3' 2>/dev/null || die "python3 has no boto3; scripts/setup.sh installs it"; }

verb_images() {
  require_target
  local part current
  for part in $parts; do
    current=$(image_of "$(running_revision "$part" 2>/dev/null)" || true)
    aws ecr describe-images --repository-name "$(repository "$part")" --output json 2>/dev/null >"${TMPDIR:-/tmp}/images.$$" || die "$environment has no repository $(repository "$part") on target $target"
    jq -r --arg part "$part" --arg current "${current##*:}" '.imageDetails | sort_by(.imagePushedAt) | reverse[] | (.imageTags // ["(untagged)"])[] as $tag |
      "\($part)  \($tag)  \((.imageSizeInBytes / 1048576 * 10 | round) / 10) MiB  \(.imagePushedAt | if type == "number" then floor | todate else . end)  scan \(.imageScanStatus.status // "none")\(if $tag == $current then "  (runs)" else "" end)"' "${TMPDIR:-/tmp}/images.$$"
    rm -f "${TMPDIR:-/tmp}/images.$$"
  done
}

# cost [--json]: from the state of what is deployed, with what was used in the last day; from the plan where nothing is.
verb_cost() {
  need_boto3
  require_target
  lock_environment
  terraform_init
  local stack=$work/stack.json measure=(--measure 24) tags=() part
  if [ -n "$(tf state list 2>/dev/null | grep -m 1 aws_ecs_service || true)" ]; then
    (umask 077 && tf show -json >"$stack") || die "Terraform's state cannot be read"
  else
    say "note: $environment is not deployed: this is what the plan would cost"
    for part in $parts; do tags+=(-var "${part}_image_tag=${image_tag:-built-by-apply}"); done
    quietly "$work/cost-plan.log" tf plan -input=false -lock=false -no-color -out "$work/cost.tfplan" "${tags[@]}"
    (umask 077 && tf show -json "$work/cost.tfplan" >"$stack") || die "the plan cannot be read"
    measure=()
  fi
  local code=0
  python3 "$root/scripts/cost/cost.py" "$environment" "$stack" "${measure[@]}" "$@" || code=$?
  rm -f "$stack" "$work/cost.tfplan"
  return $code
}

# check [--quiet]: every point of the document's security and compliance sections, with evidence.
verb_check() {
  need_boto3
  require_target
  local options=(--files) file store=${STRATUS_STATE_DIR:-/var/lib/stratus} tag=st
  while IFS= read -r file; do options+=("$file"); done < <(find "$work" -maxdepth 1 -type f \( -name '*.tfstate*' -o -name '*.log' -o -name '*.tfplan' -o -name 'deployed.json' \) 2>/dev/null)
  if [ "$target" = local ]; then
    need_root
    [[ ${STRATUS_OPTIONS:-} =~ --tag[\ =]([a-z0-9]+) ]] && tag=${BASH_REMATCH[1]}
    options+=(--machine "$tag" --store)
    while IFS= read -r file; do options+=("$file"); done < <(find "$store" -maxdepth 2 -type f 2>/dev/null)
  fi
  python3 "$root/scripts/check/check.py" "$environment" "${options[@]}" "$@"
}
