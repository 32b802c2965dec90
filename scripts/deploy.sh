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
# shellcheck source=scripts/lib/window.sh
. "$root/scripts/lib/window.sh"
# shellcheck source=scripts/lib/verbs.sh
. "$root/scripts/lib/verbs.sh"
# shellcheck source=scripts/lib/look.sh
. "$root/scripts/lib/look.sh"
# shellcheck source=scripts/lib/change.sh
. "$root/scripts/lib/change.sh"
# shellcheck source=scripts/lib/inspect.sh
. "$root/scripts/lib/inspect.sh"
# shellcheck source=scripts/lib/restore.sh
. "$root/scripts/lib/restore.sh"
# shellcheck source=scripts/lib/backup.sh
. "$root/scripts/lib/backup.sh"
# shellcheck source=scripts/lib/checklist.sh
. "$root/scripts/lib/checklist.sh"

usage() {
  cat >&2 <<'TEXT'
usage: scripts/deploy.sh <dev|test|prod> <verb> [options]

  plan                what apply would change
  apply               build, push and deploy; prints the address last; can be repeated at any time
  destroy             remove the environment, its images and its secret too
  backup              copy what no service keeps elsewhere; say what is covered and how old each part is
  backup list         the backups that there are
  restore [backup]    bring it back after a loss: Stratus's own state (local), Terraform's state, secret, key, images (or their copies),
                      infrastructure; from the newest backup, or from the one named; what is still there is not replaced

  url                 its address
  status              services, targets, alarms
  logs [frontend|backend] [--follow]
  images              what lies in the repositories, and which images run
  cost [--json]       what it costs a month, beside the document's figures, and what was used
  checklist [before|during|after] [--quick]
                      the boxes of docs/runbooks/deployment.md that a command can check; fails when one does not hold
  check [--quiet]     every point of security and compliance with its evidence; fails when one does not hold

  rollback [frontend|backend] [revision]
                      back to the last revision of each service, or of one, or to a numbered one
  scale <count> [frontend|backend]
                      that many tasks
  scale up|down       tasks of the larger size, or of the ordinary one; up also wakes dev and test out of hours
  terraform <args>    any Terraform command on the environment, such as: terraform apply -target=module.ecs

  --target local|aws  where: Stratus on this machine (default) or AWS
  --auto-approve      do not ask before prod is changed; without it, and without a terminal, changes to prod are refused
  --override REASON   change it outside of its maintenance window (scripts/lib/windows); the reason is recorded
  --image-tag TAG     deploy the images of that tag; they are built and pushed under it if they are not in the repositories

environment: OPENAI_API_KEY (stored in Secrets Manager by apply), STRATUS_PORT, STRATUS_STATE_DIR, COUNSELOR_STATE_DIR, AWS_REGION
TEXT
}

target=local auto_approve=no image_tag="" override="" words=()
passing=no
while [ $# -gt 0 ]; do
  if [ $passing = yes ]; then
    words+=("$1")
    shift
    continue
  fi
  case "$1" in
    --target | --image-tag | --override)
      [ $# -ge 2 ] || usage_error "$1 needs a value"
      case "$1" in
        --target) target=$2 ;;
        --image-tag) image_tag=$2 ;;
        --override)
          override=$2
          [ -n "$override" ] || usage_error "--override needs a reason"
          ;;
      esac
      shift
      ;;
    --target=*) target=${1#*=} ;;
    --image-tag=*) image_tag=${1#*=} ;;
    --override=*)
      override=${1#*=}
      [ -n "$override" ] || usage_error "--override needs a reason"
      ;;
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
case "$verb" in
  plan | apply | destroy | url | status | images) [ ${#words[@]} -eq 2 ] || usage_error "$verb takes no further words, but got: ${words[*]:2}" ;;
  logs | cost | check | checklist | backup | restore | rollback | scale | terraform) ;;
  *) usage_error "unknown verb '$verb'; scripts/deploy.sh --help names them" ;;
esac
case "$target" in local | aws) ;; *) usage_error "unknown target '$target': it is local or aws" ;; esac
[ -d "$root/infra/environments/$environment" ] || die "infra/environments/$environment is missing from this checkout"

change=${words[*]:1} changing=no
if [ "$verb" = apply ]; then
  [ "$target" = aws ] || need_root
  confirm "change"
  "$root/scripts/setup.sh"
fi
use_target
"verb_$verb" "${words[@]:2}"
