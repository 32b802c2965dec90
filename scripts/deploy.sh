#!/usr/bin/env bash
# One environment, one verb: deploys it, shows it, takes it away. See usage below.
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=scripts/lib/tools.sh
. "$root/scripts/lib/tools.sh"
# shellcheck source=scripts/lib/target.sh
. "$root/scripts/lib/target.sh"
# shellcheck source=scripts/lib/providers.sh
. "$root/scripts/lib/providers.sh"
# shellcheck source=scripts/lib/terraform.sh
. "$root/scripts/lib/terraform.sh"
# shellcheck source=scripts/lib/images.sh
. "$root/scripts/lib/images.sh"
# shellcheck source=scripts/lib/secrets.sh
. "$root/scripts/lib/secrets.sh"
# shellcheck source=scripts/lib/verbs.sh
. "$root/scripts/lib/verbs.sh"
# shellcheck source=scripts/lib/look.sh
. "$root/scripts/lib/look.sh"

usage() {
  cat >&2 <<'TEXT'
usage: scripts/deploy.sh <dev|test|prod> <verb> [options]

  plan                what apply would change
  apply               build, push and deploy; prints the address last; can be repeated at any time
  destroy             remove the environment
  url                 its address
  status              services, targets, alarms
  logs [frontend|backend] [--follow]
  terraform <args>    any Terraform command on the environment, such as: terraform state list

  --target local|aws  where: Stratus on this machine (default) or AWS
  --auto-approve      do not ask before prod is changed
  --image-tag TAG     deploy the images of that tag; they are built and pushed under it if they are not in the repositories

environment: OPENAI_API_KEY (stored in Secrets Manager by apply), STRATUS_PORT, STRATUS_STATE_DIR, COUNSELOR_STATE_DIR, AWS_REGION
TEXT
}

target=local auto_approve=no image_tag="" words=()
passing=no
while [ $# -gt 0 ]; do
  if [ $passing = yes ]; then
    words+=("$1")
    shift
    continue
  fi
  case "$1" in
    --target | --image-tag)
      [ $# -ge 2 ] || usage_error "$1 needs a value"
      if [ "$1" = --target ]; then target=$2; else image_tag=$2; fi
      shift
      ;;
    --target=*) target=${1#*=} ;;
    --image-tag=*) image_tag=${1#*=} ;;
    --auto-approve) auto_approve=yes ;;
    -h | --help)
      usage
      exit 0
      ;;
    terraform)
      passing=yes
      words+=("$1")
      ;;
    *) words+=("$1") ;;
  esac
  shift
done

[ ${#words[@]} -ge 2 ] || {
  usage
  exit 2
}
environment=${words[0]} verb=${words[1]}
case "$environment" in dev | test | prod) ;; *) usage_error "unknown environment '$environment': it is dev, test or prod" ;; esac
case "$verb" in plan | apply | destroy | url | status | logs | terraform) ;; *) usage_error "unknown verb '$verb'; scripts/deploy.sh --help names them" ;; esac
[ -d "$root/infra/environments/$environment" ] || die "infra/environments/$environment is missing from this checkout"
[ "$verb" = logs ] || [ "$verb" = terraform ] || [ ${#words[@]} -eq 2 ] || usage_error "$verb takes no further words, but got: ${words[*]:2}"

[ "$verb" = apply ] && [ "$target" = local ] && need_root
if [ "$verb" = apply ]; then "$root/scripts/setup.sh"; fi
use_target
"verb_$verb" "${words[@]:2}"
