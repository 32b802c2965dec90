#!/usr/bin/env bash
# Breaks one thing of a running environment for real, under load, and measures how it is noticed and mended. See usage below.
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=scripts/lib/tools.sh
. "$root/scripts/lib/tools.sh"
# shellcheck source=scripts/lib/target.sh
. "$root/scripts/lib/target.sh"

usage() {
  cat >&2 <<'TEXT'
usage: scripts/drill.sh <dev|test|prod> <drill>…|all|list [options]

  list                what can be broken
  all                 every drill, one after the other, one table at the end
  <drill>…            the named ones

  --yes               on prod, and where other environments on the same Stratus are hit too
  --load RATE         requests a second meanwhile; 20 where not given
  --reports FOLDER    where the reports go; build/drills/<environment>/<time> where not given
  --target local|aws  where: Stratus on this machine (default) or AWS

Each drill leaves the environment as it found it, also when it fails or is interrupted. See docs/drills.md.
TEXT
}

target=local yes=no rate=20 reports="" words=()
while [ $# -gt 0 ]; do
  case "$1" in
    --target | --load | --reports)
      [ $# -ge 2 ] || usage_error "$1 needs a value"
      case "$1" in --target) target=$2 ;; --load) rate=$2 ;; --reports) reports=$2 ;; esac
      shift
      ;;
    --yes) yes=yes ;;
    -h | --help)
      usage
      exit 0
      ;;
    -*) usage_error "unknown option '$1'; scripts/drill.sh --help names them" ;;
    *) words+=("$1") ;;
  esac
  shift
done
[ ${#words[@]} -ge 2 ] || {
  usage
  exit 2
}
environment=${words[0]}
case "$environment" in dev | test | prod) ;; *) usage_error "unknown environment '$environment': it is dev, test or prod" ;; esac
case "$target" in local | aws) ;; *) usage_error "unknown target '$target': it is local or aws" ;; esac
[[ $rate =~ ^[1-9][0-9]{0,2}$ ]] || usage_error "'$rate' is no number of requests a second from 1 to 999"
python3 -c 'import boto3' 2>/dev/null || die "python3 has no boto3; scripts/setup.sh installs it"
# What the places of an environment ask of a change: each change of a drill is deploy.sh's own.
change="" changing=no override=""
export PYTHONDONTWRITEBYTECODE=1
[ "${words[*]:1}" != list ] || exec python3 "$root/scripts/drills/main.py" list
[ "$environment" != prod ] || [ $yes = yes ] || die "drills break prod for real: --yes says that they may"
[ "$target" = aws ] || need_root
use_target
[ "$target" = aws ] || stratus_answers || die "$environment is not up: Stratus does not answer on $endpoint; 'scripts/deploy.sh $environment apply' starts both"
export DRILL_ENVIRONMENT=$environment DRILL_TARGET=$target DRILL_YES=$yes DRILL_RATE=$rate work
export DRILL_REPORTS=${reports:-$root/build/drills/$environment/$(date -u +%Y%m%dT%H%M%SZ)}
exec python3 "$root/scripts/drills/main.py" "${words[@]:1}"
