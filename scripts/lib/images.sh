# shellcheck shell=bash
# Images: built without an engine, tagged {env}-{git-hash}-{yyyymmddHHMMSS}, pushed to the environment's own repositories.

parts="frontend backend"

new_tag() {
  local hash
  hash=$(git -C "$root" rev-parse --short=7 HEAD 2>/dev/null) || hash=0000000
  printf '%s-%s-%s' "$environment" "$hash" "$(date -u +%Y%m%d%H%M%S)"
}

# variable NAME: what terraform.tfvars says of a text variable, or the caller's environment, as Terraform itself reads them; "" for neither.
variable() {
  local said
  said=$(sed -n "s/^ *$1 *= *\"\(.*\)\".*/\1/p" "$root/infra/environments/$environment/terraform.tfvars" | tail -n 1)
  local exported=TF_VAR_$1
  printf '%s' "${said:-${!exported:-}}"
}
# The environment whose repositories hold the images: this one, or another one whose images it runs.
image_environment() {
  local other
  other=$(variable repository_environment)
  printf '%s' "${other:-$environment}"
}
repository() { printf 'counselor-%s-%s' "$(image_environment)" "$1"; }
# Where images are pushed: on AWS the repository's own address; Stratus serves its registry on its one port.
registry() { registry_in "$region"; }
registry_in() { if [ "$target" = local ]; then printf '127.0.0.1:%s' "$port"; else printf '%s.dkr.ecr.%s.amazonaws.com' "$account" "$1"; fi; }

has_image() { aws ecr describe-images --repository-name "$1" --image-ids "imageTag=$2" >/dev/null 2>&1; }
# Two images with the same configuration digest are the same image, however they are compressed.
built_digest() { skopeo inspect --raw "containers-storage:$1" | jq -r '.config.digest'; }
stored_digest() {
  aws ecr batch-get-image --repository-name "$1" --image-ids "imageTag=$2" --query 'images[0].imageManifest' --output text 2>/dev/null | jq -r '.config.digest' 2>/dev/null || true
}

build_images() {
  local builder=${COUNSELOR_IMAGE_BUILDER:-$root/app/images/build.sh}
  [ -x "$builder" ] || die "$builder is missing: the images cannot be built"
  [ -n "${COUNSELOR_IMAGE_BUILDER:-}" ] || build_programs counselor-backend
  step "building the images (the web client, the backend)"
  mkdir -p "$state_home/logs"
  if ! "$builder" >"$work/images" 2>"$state_home/logs/images.log"; then
    tail -n 30 "$state_home/logs/images.log" >&2
    die "the images could not be built; all of the output: $state_home/logs/images.log"
  fi
}
built_image() { sed -n "s/^$1=//p" "$work/images"; }

# The registry's password goes to skopeo in a file that only root reads, never on a command line.
registry_login() {
  auth=$work/registry-auth.json
  local password
  password=$(aws ecr get-login-password) || die "no password for the registry"
  (umask 077 && jq -n --arg host "$(registry)" --arg auth "$(printf 'AWS:%s' "$password" | base64 -w 0)" '{auths: {($host): {auth: $auth}}}' >"$auth")
}

push_image() {
  local part=$1 tag=$2 verify=true
  [ "$target" = local ] && verify=false
  step "pushing $(repository "$part"):$tag"
  quietly "$work/push-$part.log" skopeo copy --authfile "$auth" --dest-tls-verify=$verify "containers-storage:$(built_image "$part")" "docker://$(registry)/$(repository "$part"):$tag"
}

# What another environment runs now, or the tag that was asked for.
take_images_of() {
  local other=$1 part tag
  for part in $parts; do
    tag=${image_tag:-$(image_of "$(aws ecs describe-services --cluster "counselor-$other-cluster" --services "counselor-$other-$part" --query 'services[0].taskDefinition' --output text 2>/dev/null)")} || tag=""
    tag=${tag##*:}
    { [ -n "$tag" ] && has_image "$(repository "$part")" "$tag"; } ||
      die "$environment runs the images of $other, which has none of the $part${tag:+ tagged $tag}: deploy $other first, or name one of its tags by --image-tag"
    step "$part as in $other: $tag"
    remember "${part}_image_tag" "$tag"
  done
}

# Leaves in <part>_image_tag what each service shall run. An image that is in the repository already is not pushed again.
publish_images() {
  local part tag last built=no
  if [ "$(image_environment)" != "$environment" ]; then
    take_images_of "$(image_environment)"
    return
  fi
  if [ -n "$image_tag" ]; then
    local found=0
    for part in $parts; do has_image "$(repository "$part")" "$image_tag" && found=$((found + 1)); done
    if [ "$found" -eq 2 ]; then
      for part in $parts; do remember "${part}_image_tag" "$image_tag"; done
      return
    fi
    [[ $image_tag =~ ^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$ ]] || die "'$image_tag' is no image tag"
  fi
  need skopeo && need buildah
  build_images
  tag=${image_tag:-$(new_tag)}
  for part in $parts; do
    [ -n "$(built_image "$part")" ] || die "app/images/build.sh named no $part image"
    last=$(remembered "${part}_image_tag")
    if [ -z "$image_tag" ] && [ -n "$last" ] && [ "$(built_digest "$(built_image "$part")")" = "$(stored_digest "$(repository "$part")" "$last")" ]; then
      step "$part has not changed: $last"
      continue
    fi
    [ "$built" = yes ] || registry_login
    built=yes
    has_image "$(repository "$part")" "$tag" || push_image "$part" "$tag"
    remember "${part}_image_tag" "$tag"
  done
  rm -f "$work/registry-auth.json"
}
