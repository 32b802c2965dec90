# shellcheck shell=bash
# checklist: the boxes of docs/runbooks/deployment.md that a command can check. It changes nothing.

passed_commit() { cat "$root/build/passed/$1" 2>/dev/null || true; }

# Whether a plan is empty; apply's own tags are its values.
plan_outcome() {
  local code=0
  tf plan -input=false -lock=false -no-color -detailed-exitcode >"$work/checklist-plan.log" 2>&1 || code=$?
  case $code in 0) echo empty ;; 2) echo changes ;; *) echo failed ;; esac
}

verb_checklist() {
  local phases=() word quick=no answers="{}" images="{}" address path part plan="" failing=null facts way=()
  for word in "$@"; do
    case "$word" in
      before | during | after) phases+=("$word") ;;
      --quick) quick=yes ;;
      *) usage_error "checklist takes before, during, after and --quick, but got: $word" ;;
    esac
  done
  need_boto3
  require_target
  [ -e "$work/deployed.json" ] || die "$environment is not deployed on target $target from this machine"
  address=$(verb_url)
  if [ "$target" = local ]; then
    find_balancer || die "$environment has no load balancer on target $target"
    way_here "$endpoint" "$balancer_dns" "$work/authority.pem" || die "Stratus does not hand out its authority"
  fi
  for path in / /health /api/health /api/careers; do answers=$(jq -c --arg path "$path" --arg code "$(status_of "$address$path")" '.[$path] = $code' <<<"$answers"); done
  for part in $parts; do images=$(jq -c --arg part "$part" --arg tag "$(remembered "${part}_image_tag")" '.[$part] = $tag' <<<"$images"); done
  if [ $quick = no ] && [[ ${#phases[@]} -eq 0 || " ${phases[*]} " == *" after "* ]]; then
    lock_environment
    terraform_init
    plan=$(plan_outcome)
    if (verb_check --quiet) >"$work/checklist-check.log" 2>&1; then
      failing="[]"
    else
      failing=$(sed -n 's/^  FAIL  //p' "$work/checklist-check.log" | jq -Rcn '[inputs] | if length == 0 then ["the check itself"] else . end')
    fi
  fi
  facts=$work/checklist-facts.json
  backup_facts --arg window "$(window_of "$environment" "$(date +%s)")" --argjson answers "$answers" --argjson tags "$images" --arg plan "$plan" --argjson failing "$failing" \
    --arg commit "$(git_here rev-parse HEAD || true)" --argjson uncommitted "$(git_here status --porcelain | wc -l)" \
    --argjson branches "$(git_here branch -r --contains HEAD --format='%(refname:short)' | jq -Rcn '[inputs]')" \
    --arg backup "$(newest_backup)" --argjson passed "$(jq -n --arg tests "$(passed_commit tests)" --arg security "$(passed_commit security)" '$ARGS.named')" >"$facts"
  python3 "$root/scripts/operations/checklist.py" --facts "$facts" "${phases[@]}"
}
