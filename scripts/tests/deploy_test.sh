#!/usr/bin/env bash
# What deploy.sh refuses, each in one clear line and before anything is changed. Needs no daemon and no network.
set -uo pipefail
# shellcheck source=scripts/tests/refusals.sh
. "$(dirname "${BASH_SOURCE[0]}")/refusals.sh"
deploy=$root/scripts/deploy.sh

refuses "an unknown environment" 2 "unknown environment 'staging'" "$deploy" staging plan
refuses "an unknown verb" 2 "unknown verb 'explode'" "$deploy" dev explode
refuses "an unknown target" 2 "unknown target 'moon'" "$deploy" dev plan --target moon
refuses "an option without its value" 2 "--target needs a value" "$deploy" dev plan --target
refuses "a word too many" 2 "takes no further words" "$deploy" dev plan now
refuses "a part that is none" 2 "'database' is no part" "$deploy" dev rollback database
refuses "a revision without its service" 2 "a revision is one service's" "$deploy" dev rollback 3
refuses "a number of tasks that is none" 2 "neither a number of tasks" "$deploy" dev scale lots
refuses "more tasks than a service may have" 2 "neither a number of tasks" "$deploy" dev scale 51
for verb in apply destroy restore rollback "scale 3"; do
  # shellcheck disable=SC2086  # verb and its words
  refuses "$verb on prod where nobody can answer" 1 "--auto-approve" "$deploy" prod $verb
done
refuses "a word that checklist does not know" 2 "but got: soon" "$deploy" dev checklist soon
refuses "a word that backup does not know" 2 "but got: now" "$deploy" dev backup now
refuses "two backups to restore at once" 2 "restore takes one backup" "$deploy" dev restore a b
refuses "a list of backups where there is none" 1 "there is no backup in" "$deploy" dev backup list
refuses "a backup that is not there" 1 "there is no backup yesterday in" "$deploy" dev restore yesterday
printf 'nothing' >"$work/broken.tar"
refuses "a backup that is none" 1 "broken.tar is damaged" "$deploy" dev restore "$work/broken.tar"
refuses "a post-mortem that ends before it begins" 1 "it ends before it begins" "$root/scripts/postmortem.sh" dev 2026-11-26T03:00:00Z 2026-11-26T02:00:00Z
refuses "a post-mortem of a time that is none" 1 "'yesterday' is no time" "$root/scripts/postmortem.sh" dev yesterday now
refuses "a post-mortem where Stratus does not run" 1 "Stratus does not answer" "$root/scripts/postmortem.sh" dev 2026-11-26T02:00:00Z 2026-11-26T03:00:00Z
refuses "a post-mortem of an unknown environment" 2 "unknown environment 'staging'" "$root/scripts/postmortem.sh" staging 2026-11-26T03:00:00Z now
refuses "a verb that looks, where Stratus does not run" 1 "Stratus does not answer" "$deploy" dev status

# Without Terraform: everything else is where it was.
mkdir "$work/bin"
for folder in /usr/local/bin /usr/bin /bin; do
  for program in "$folder"/*; do [ "${program##*/}" = terraform ] || ln -sf "$program" "$work/bin/" 2>/dev/null; done
done
command -v aws >/dev/null && ln -sf "$(command -v aws)" "$work/bin/aws"
refuses "a machine without Terraform" 1 "terraform is missing; scripts/setup.sh installs it" env PATH="$work/bin" "$deploy" dev plan
if id nobody >/dev/null 2>&1 && [ "$(id -u)" -eq 0 ] && setpriv --reuid=nobody --regid=nogroup --clear-groups test -r "$deploy"; then
  refuses "apply without root" 1 "run it as root" setpriv --reuid=nobody --regid=nogroup --clear-groups "$deploy" dev apply
fi

# Two at once: the second one leaves, the first one's lock goes with its process.
mkdir -p "$COUNSELOR_STATE_DIR/local-1/dev"
exec 8>>"$COUNSELOR_STATE_DIR/local-1/dev/lock"
flock 8
refuses "a second deploy.sh on the same environment" 1 "another deploy.sh works on dev" "$deploy" dev plan
exec 8>&-
refuses "and not once the first has ended" 1 "Stratus does not answer" "$deploy" dev plan

if "$deploy" --help 2>&1 | grep -qE '^usage:' && for verb in plan apply destroy backup restore url status logs images cost check checklist rollback scale terraform; do
  "$deploy" --help 2>&1 | grep -qE "^  $verb\b" || exit 1
done; then printf 'ok - --help names every verb\n'; else
  printf 'not ok - --help names every verb\n'
  failures=$((failures + 1))
fi
[ $failures -eq 0 ]
