# shellcheck shell=bash
# restore: brings an environment back after a loss, from the code, the images that are left (or their copies), and the secret.

recovery_objective=1800 # seconds: the document's RTO of 30 minutes
replica_region=${COUNSELOR_REPLICA_REGION:-us-west-2}

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

# An image that is gone here but was copied to the other region comes back from there.
restore_image() {
  local part=$1 tag=$2 digest
  has_image "$(repository "$part")" "$tag" && return
  digest=$(aws ecr describe-images --region "$replica_region" --repository-name "$(repository "$part")" --image-ids "imageTag=$tag" --query 'imageDetails[0].imageDigest' --output text 2>/dev/null) || return 1
  step "bringing $(repository "$part"):$tag back from $replica_region"
  [ "$target" = aws ] || return 1
  registry_login
  quietly "$work/restore-$part.log" skopeo copy --src-creds "AWS:$(aws ecr get-login-password --region "$replica_region")" --dest-authfile "$auth" \
    "docker://$account.dkr.ecr.$replica_region.amazonaws.com/$(repository "$part")@$digest" "docker://$(registry)/$(repository "$part"):$tag"
}

verb_restore() {
  [ "$target" = aws ] || need_root
  confirm "restore"
  lock_environment
  start_target
  make_state_bucket
  terraform_init
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
  wait_steady
  step "$environment is restored, in $((SECONDS - started)) s of the $recovery_objective s that it may take"
  verb_url
}
