# shellcheck shell=bash
# restore: brings an environment back after a loss, from the code, the images that are left (or their copies), the secret, and a backup for what
# none of them has. What is still there is newer than any backup, and is kept.

recovery_objective=1800 # seconds: the document's RTO of 30 minutes

# The backup to restore from, verified before anything is changed: the named one, or the newest. Without a name it is used only where something is
# missing, so a damaged one stands in nobody's way before that.
find_backup() {
  local name=${1:-} said store replica_region=$replica_region
  backup="" backup_problem="there is no backup"
  mkdir -p "$work"
  # Where this is the second region and the first one is lost, this region has the backups.
  for store in "$(backup_store)" "$(backup_store "$region")"; do
    backup_facts >"$work/restore-facts.json"
    if said=$(backup_program fetch --facts "$work/restore-facts.json" --store "$store" --to "$work/restore.tar" ${name:+"$name"} 2>&1); then
      backup=$work/restore.tar
      read -r backup_name backup_region backup_age <<<"$said"
      return
    fi
    rm -f "$work/restore.tar"
    backup_problem=${said##*$'\n'} backup_problem=${backup_problem#backup: }
    [[ $backup_problem == "there is no backup"* ]] || break
    replica_region=$region
  done
  [ -z "$name" ] || die "$backup_problem"
}

# from_backup <file in it> <destination> <words>: out of the backup; fails where that lacks it.
from_backup() {
  [ -n "$backup" ] && backup_program take --from "$backup" "$1" "$2" 2>/dev/null || return 1
  step "taking $3 from the backup $backup_name ($backup_age old)"
}

# Stratus's own state, with every environment in it, where the machine has none any more: from the copies that the daemon makes every minute, or from a
# backup where these are lost too, or one was named.
restore_stratus() {
  local directory=${STRATUS_STATE_DIR:-/var/lib/stratus} said
  if [ "$target" = aws ] || stratus_answers || [ -e "$directory/state.db" ]; then return 0; fi
  [ -x "$build_dir/stratus/cli/stratus" ] || build_programs stratus
  if [ -z "$1" ] && compgen -G "$directory.backups/*.backup" >/dev/null; then
    if said=$(stratus_program restore 2>&1); then
      step "$said"
      return
    fi
    say "note: ${said##*$'\n'}"
  fi
  if from_backup stratus.backup "$work/stratus.backup" "Stratus's state"; then
    stratus_program restore "$work/stratus.backup" >&2 || die "Stratus's state could not be restored"
    rm -f "$work/stratus.backup"
    return
  fi
  [ -n "$backup" ] || [[ $backup_problem == "there is no backup"* ]] || die "Stratus's state is lost, and $backup_problem"
  say "note: Stratus's state is lost and no backup has it: everything is made anew"
}

# Terraform's state, where there is none. One that was written in another region names nothing of this one: everything is made there, and what exists
# under its name already is taken over by apply_terraform.
restore_terraform() {
  [ -n "$(tf state list 2>/dev/null | grep -m 1 . || true)" ] && return
  [ "${backup_region:-$region}" = "$region" ] || {
    step "the backup is of $backup_region: this is built anew in $region"
    return 0
  }
  from_backup terraform.tfstate "$work/restore.tfstate" "Terraform's state" || return 0
  tf state push -force "$work/restore.tfstate" >&2 || die "Terraform's state could not be restored"
  rm -f "$work/restore.tfstate"
}

# Which images ran.
restore_tags() {
  local part
  [ -n "$(remembered backend_image_tag)" ] && return
  from_backup deployed.json "$work/restore.json" "the images' tags" || return 0
  for part in $parts; do remember "${part}_image_tag" "$(jq -r --arg name "${part}_image_tag" '.[$name] // empty' "$work/restore.json")"; done
  rm -f "$work/restore.json"
}

# A secret that was deleted can be had back within its window; a copy, whose primary is lost with its region, stands on its own from here on.
restore_secret() {
  local deleted primary
  primary=$(aws secretsmanager describe-secret --secret-id "$(secret_name)" --query PrimaryRegion --output text 2>/dev/null) || return 0
  if [ "$primary" != None ] && [ "$primary" != "$region" ]; then
    step "the copy of $primary's secret becomes this region's own"
    aws secretsmanager stop-replication-to-replica --secret-id "$(secret_name)" >/dev/null || die "the secret could not be made this region's own"
  fi
  deleted=$(aws secretsmanager describe-secret --secret-id "$(secret_name)" --query DeletedDate --output text 2>/dev/null) || return 0
  [ "$deleted" = None ] && return
  step "taking back the deletion of the secret"
  aws secretsmanager restore-secret --secret-id "$(secret_name)" >/dev/null || die "the secret could not be restored"
}

# So can a key.
restore_key() {
  local key
  key=$(aws kms describe-key --key-id "alias/counselor-$environment" --query 'KeyMetadata.[KeyId,KeyState]' --output text 2>/dev/null) || return 0
  [[ $key == *PendingDeletion ]] || return 0
  step "taking back the deletion of the key"
  key=${key%%$'\t'*}
  { aws kms cancel-key-deletion --key-id "$key" >/dev/null && aws kms enable-key --key-id "$key"; } || die "the key could not be restored"
}

# An image that is gone here comes back from its copy in the other region, or from the backup.
restore_image() {
  local part=$1 tag=$2 digest verify=true source
  has_image "$(repository "$part")" "$tag" && return
  [ "$target" = local ] && verify=false
  digest=$(aws ecr describe-images --region "$replica_region" --repository-name "$(repository "$part")" --image-ids "imageTag=$tag" --query 'imageDetails[0].imageDigest' --output text 2>/dev/null) || digest=""
  if [ -n "$digest" ] && [ "$replica_region" != "$region" ]; then
    step "bringing $(repository "$part"):$tag back from $replica_region"
    source=$(registry)
    registry_login
    (umask 077 && jq -n --arg host "$(registry_in "$replica_region")" --arg auth "$(printf 'AWS:%s' "$(aws ecr get-login-password --region "$replica_region")" | base64 -w 0)" '{auths: {($host): {auth: $auth}}}' >"$work/replica-auth.json")
    quietly "$work/restore-$part.log" skopeo copy --src-authfile "$work/replica-auth.json" --src-tls-verify=$verify --dest-authfile "$auth" --dest-tls-verify=$verify \
      "docker://$(registry_in "$replica_region")/$(repository "$part")@$digest" "docker://$source/$(repository "$part"):$tag"
    rm -f "$work/replica-auth.json"
    return
  fi
  from_backup "$part.oci.tar" "$work/$part.oci.tar" "the image of the $part" || return 1
  registry_login
  quietly "$work/restore-$part.log" skopeo copy --dest-authfile "$auth" --dest-tls-verify=$verify "oci-archive:$work/$part.oci.tar" "docker://$(registry)/$(repository "$part"):$tag"
  rm -f "$work/$part.oci.tar"
}

# restore [backup]
verb_restore() {
  [ $# -le 1 ] || usage_error "restore takes one backup, but got: $*"
  [ "$target" = aws ] || need_root
  confirm "restore"
  need_boto3
  lock_environment
  account=""
  if [ "$target" = aws ] || stratus_answers; then account=$(aws sts get-caller-identity --query Account --output text 2>&1) || die "no access to target $target: $(tail -n 1 <<<"$account")"; fi
  find_backup "${1:-}"
  # shellcheck disable=SC2064  # the path is wanted as it is now
  trap "rm -f '$work/restore.tar' '$work/restore-facts.json' '$work/stratus.backup' '$work/restore.tfstate' '$work/registry-auth.json' '$work/replica-auth.json'" EXIT
  restore_stratus "${1:-}"
  start_target as-built
  make_state_bucket
  terraform_init
  restore_terraform
  restore_tags
  restore_secret
  restore_key
  prepare_repositories
  local part wanted missing=no
  for part in $parts; do
    wanted=${image_tag:-$(remembered "${part}_image_tag")}
    if [ -n "$wanted" ] && restore_image "$part" "$wanted"; then remember "${part}_image_tag" "$wanted"; else missing=yes; fi
  done
  if [ "$missing" = yes ]; then
    step "not every image is left: building them from this checkout"
    publish_images
  fi
  store_key
  step "applying (services are waited for until they run)"
  apply_terraform
  wake_services
  step "$environment is restored, in $((SECONDS - started)) s of the $recovery_objective s that it may take"
  verb_url
}
