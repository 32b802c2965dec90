#!/usr/bin/env bash
# The facts of a post-mortem, from what the platform recorded by itself. See usage below; docs/runbooks/postmortem.md says what is then done with it.
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=scripts/lib/tools.sh
. "$root/scripts/lib/tools.sh"
# shellcheck source=scripts/lib/target.sh
. "$root/scripts/lib/target.sh"

usage() {
  cat >&2 <<'TEXT'
usage: scripts/postmortem.sh <dev|test|prod> <from> <to> [--target local|aws] [--title WORDS] [--output FILE]

  <from> <to>   RFC 3339, such as 2026-11-26T03:00:00Z; <to> may be now

Fills docs/runbooks/postmortem-template.md from CloudTrail, the alarms' history, the services' events, stopped tasks, logs, and the load balancer's counts.
Markdown on standard output, or in FILE.
TEXT
}

target=local title="" output="" words=()
while [ $# -gt 0 ]; do
  case "$1" in
    --target | --title | --output)
      [ $# -ge 2 ] || usage_error "$1 needs a value"
      declare "${1#--}=$2"
      shift
      ;;
    -h | --help)
      usage
      exit 0
      ;;
    -*) usage_error "unknown option '$1'; scripts/postmortem.sh --help names them" ;;
    *) words+=("$1") ;;
  esac
  shift
done
[ ${#words[@]} -eq 3 ] || {
  usage
  exit 2
}
environment=${words[0]}
case "$environment" in dev | test | prod) ;; *) usage_error "unknown environment '$environment': it is dev, test or prod" ;; esac
python3 -c 'import boto3' 2>/dev/null || die "python3 has no boto3; scripts/setup.sh installs it"
python3 "$root/scripts/operations/postmortem.py" "$environment" "${words[1]}" "${words[2]}" --check
# It looks only: no window is asked, and nothing is recorded.
changing=no override="" change=""
use_target
require_target
python3 "$root/scripts/operations/postmortem.py" "$environment" "${words[1]}" "${words[2]}" ${title:+--title "$title"} ${output:+--output "$output"}
