# shellcheck shell=bash
# backup: what remains to be done by hand of the backup strategy (docs/runbooks/recovery.md), and how old each part is.

stratus_program() { "$build_dir/stratus/cli/stratus" --port "$port" "$@"; }

# backup_store [region]. On this machine a directory: what lies in Stratus's own S3 would be lost with it.
backup_store() {
  if [ -n "${COUNSELOR_BACKUPS:-}" ]; then
    printf '%s' "$COUNSELOR_BACKUPS"
  elif [ "$target" = local ]; then
    printf '%s/backups/%s' "$state_home" "$environment"
  else
    printf 's3://counselor-%s-backup-%s-%s' "$environment" "$account" "${1:-$replica_region}"
  fi
}

backup_program() { python3 "$root/scripts/operations/backup.py" "$@"; }

# What the programs are told, as JSON: backup_facts [name value]…
backup_facts() {
  jq -n --arg environment "$environment" --arg target "$target" --arg account "${account:-}" --arg region "$region" --arg replica_region "$replica_region" "$@" '$ARGS.named'
}

git_here() { git -C "$root" "$@" 2>/dev/null; }

newest_backup() {
  backup_facts >"$work/backup-facts.json"
  backup_program list --facts "$work/backup-facts.json" --store "$(backup_store)" 2>/dev/null | tail -n 1 | cut -d ' ' -f 1
  rm -f "$work/backup-facts.json"
}

# The image that runs is saved where no other region and no Stratus keeps a copy of it.
save_image() {
  local part=$1 tag=$2 directory=$3
  [ "$target" = aws ] || return 1
  aws ecr describe-images --region "$replica_region" --repository-name "$(repository "$part")" --image-ids "imageTag=$tag" >/dev/null 2>&1 && return 1
  has_image "$(repository "$part")" "$tag" || return 1
  [ -n "${auth:-}" ] || registry_login
  step "saving $(repository "$part"):$tag"
  quietly "$work/save-$part.log" skopeo copy --authfile "$auth" "docker://$(registry)/$(repository "$part"):$tag" "oci-archive:$directory/$part.oci.tar:$tag"
}

# backup: one file with what no service keeps elsewhere. backup list: the files that there are.
verb_backup() {
  [[ $# -eq 0 || "$*" = list ]] || usage_error "backup takes nothing or the word list, but got: $*"
  need_boto3
  local directory facts part tag images="{}" saved=() replicated=false
  if [ "${1:-}" = list ]; then
    [ "$target" = local ] || require_target
    facts=$(mktemp)
    backup_facts >"$facts"
    backup_program list --facts "$facts" --store "$(backup_store)" || exit
    rm -f "$facts"
    return
  fi
  lock_environment
  require_target
  directory=$work/backup
  rm -rf "$directory"
  mkdir -m 700 "$directory" "$directory/parts"
  # shellcheck disable=SC2064  # the path is wanted as it is now
  trap "rm -rf '$directory'" EXIT
  if [ "$target" = local ]; then
    cp "$work/terraform.tfstate" "$directory/parts/" 2>/dev/null || true
  else
    aws s3 cp --only-show-errors "s3://$(state_bucket)/$environment/terraform.tfstate" "$directory/parts/terraform.tfstate" || true
  fi
  { [ -s "$directory/parts/terraform.tfstate" ] && cp "$work/deployed.json" "$directory/parts/deployed.json"; } 2>/dev/null ||
    die "$environment is not deployed on target $target from this machine: there is nothing to back up"
  git_here archive --format=tar.gz -o "$directory/parts/code.tar.gz" HEAD || rm -f "$directory/parts/code.tar.gz"
  for part in $parts; do
    tag=$(image_of "$(running_revision "$part")" || true)
    tag=${tag##*:}
    images=$(jq -c --arg part "$part" --arg tag "$tag" '.[$part] = $tag' <<<"$images")
    if [ -n "$tag" ] && save_image "$part" "$tag" "$directory/parts"; then saved+=("$part"); fi
  done
  rm -f "$work/registry-auth.json"
  if [ "$target" = local ]; then
    case "$(backup_store)" in
      s3://*) say "note: Stratus's own state is not in a backup that lies in Stratus" ;;
      *) stratus_program backup "$directory/parts/stratus.backup" >/dev/null || die "Stratus's state could not be backed up" ;;
    esac
  fi
  grep -qE '^replicate_images *= *true' "$(configuration)/terraform.tfvars" && replicated=true
  backup_facts --argjson tags "$images" --argjson replicated $replicated --arg state_bucket "$(state_bucket)" --arg commit "$(git_here rev-parse HEAD || true)" \
    --arg commit_time "$(git_here log -1 --format=%cI || true)" --argjson uncommitted "$(git_here status --porcelain | wc -l)" \
    --argjson pushed "$([ -n "$(git_here branch -r --contains HEAD || true)" ] && echo true || echo false)" \
    --argjson saved_images "$(printf '%s\n' "${saved[@]}" | jq -Rcn '[inputs | select(. != "")]')" >"$directory/facts.json"
  backup_program make --facts "$directory/facts.json" --store "$(backup_store)" --parts "$directory/parts" || exit
}
