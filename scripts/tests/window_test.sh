#!/usr/bin/env bash
# Maintenance windows: when they are open, across midnight, weekends, time zones and the change of clocks; and what deploy.sh refuses outside of them.
# Needs no daemon and no network.
set -uo pipefail
real_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
environment=dev override=''
# shellcheck source=scripts/lib/common.sh
. "$real_root/scripts/lib/common.sh"
# shellcheck source=scripts/lib/window.sh
. "$real_root/scripts/lib/window.sh"
set +e

windows_file=$work/windows
cat >"$windows_file" <<'TEXT'
# a comment
office  note    America/New_York  Mon-Fri  08:00  20:00
night   refuse  America/New_York  Tue,Thu  22:00  01:00
week    note    Europe/Berlin     Fri-Mon  00:00  00:00
twice   note    Asia/Kolkata      Mon      09:00  10:00
twice   note    Asia/Kolkata      Mon      12:00  13:00
TEXT

is() { # is WHAT WANTED ENVIRONMENT TIME
  local got
  got=$(window_of "$3" "$(date -d "$4" +%s)" 2>&1 | sed -E 's/ (Mon|Tue|Fri).*//')
  if [ "$got" = "$2" ]; then printf 'ok - %s\n' "$1"; else
    printf 'not ok - %s\n  # %s at %s: wanted "%s", got "%s"\n' "$1" "$3" "$4" "$2" "$got"
    failures=$((failures + 1))
  fi
}
is "an environment without a window is always open" always dev 2026-11-26T03:00Z
is "office hours begin on the minute (12:00 UTC in summer)" "open 720" office 2026-07-01T12:00Z
is "and are closed a minute before" "closed note 1" office 2026-07-01T11:59Z
is "the same hour is 13:00 UTC in winter" "open 720" office 2026-12-02T13:00Z
is "and 12:00 UTC is too early then" "closed note 60" office 2026-12-02T12:00Z
is "they end on the minute" "closed note 720" office 2026-12-03T01:00Z
is "with a minute left just before" "open 1" office 2026-12-03T00:59Z
is "from Friday evening it is long until Monday" "closed note 3600" office 2026-12-05T01:00Z
is "a window across midnight is open before it" "open 61" night 2026-12-02T04:59Z
is "and after it, on a day that is not named" "open 30" night 2026-12-02T05:30Z
is "it has ended at one" "closed refuse 2700" night 2026-12-02T06:00Z
is "it opens on its own day only" "closed refuse 1440" night 2026-12-01T03:00Z
is "days run across the end of the week" "open 1440" week 2026-12-05T23:00Z
is "and stop where they end" "closed note 4320" week 2026-11-30T23:00Z
is "of two windows the first" "open 60" twice 2026-11-30T03:30Z
is "between two windows it is an hour until the second" "closed note 90" twice 2026-11-30T05:00Z
is "when clocks go back, the hours on the wall count" "open 720" office 2026-11-02T13:00Z
is "when they go forward too" "closed note 1" office 2026-03-09T11:59Z

wrong() { # wrong WHAT WORDS LINE
  printf '%s\n' "$3" >"$windows_file"
  (window_of it 0) >"$work/out" 2>&1
  if grep -qF "$2" "$work/out"; then printf 'ok - %s is named\n' "$1"; else
    printf 'not ok - %s is named\n' "$1"
    failures=$((failures + 1))
  fi
}
wrong "a time zone that nobody knows" "Mars/Olympus" "it note Mars/Olympus Mon 08:00 09:00"
wrong "a day that is none" "'Moon'" "it note Europe/Berlin Moon 08:00 09:00"
wrong "a time that is none" "'25:00'" "it note Europe/Berlin Mon 25:00 09:00"

# deploy.sh of a copy whose windows are never open, or always.
copy=$work/copy
mkdir -p "$copy/infra/environments"
cp -r "$real_root/scripts" "$copy/"
cp -r "$real_root/infra/environments/." "$copy/infra/environments/"
export COUNSELOR_STATE_DIR=$work/state STRATUS_PORT=1 AWS_ENDPOINT_URL='' AWS_EC2_METADATA_DISABLED=true
never() { # a day that is neither today nor yesterday, anywhere
  printf '%s %s UTC %s 12:00 12:01\n' "$1" "$2" "$(LC_ALL=C date -u -d '+3 days' +%a)" >"$copy/scripts/lib/windows"
}
says() { # says WHAT CODE WORDS COMMAND…
  local got=0
  "${@:4}" >"$work/out" 2>&1 </dev/null || got=$?
  if [ "$got" -eq "$2" ] && grep -qE -- "$3" "$work/out" && [ "$(wc -l <"$work/out")" -le 2 ]; then printf 'ok - %s\n' "$1"; else
    printf 'not ok - %s (exit %d)\n' "$1" "$got"
    sed 's/^/  # /' "$work/out" | head -n 5
    failures=$((failures + 1))
  fi
}
deploy=$copy/scripts/deploy.sh
never prod refuse
for verb in apply destroy restore rollback "scale 3" "terraform apply" "terraform state rm x"; do
  # shellcheck disable=SC2086  # a verb and its words
  says "prod outside of its window: $verb is refused, with the way out" 1 'opens in [23] d .*: wait, or give --override "reason"' "$deploy" --auto-approve prod $verb
done
says "what only looks is not" 1 "Stratus does not answer" "$deploy" prod status
says "nor is a plan" 1 "Stratus does not answer" "$deploy" prod terraform plan
says "with a reason it goes on" 1 "Stratus does not answer" "$deploy" prod rollback --auto-approve --override "incident 42"
says "a reason that says nothing is none" 2 "needs a reason" "$deploy" prod rollback --auto-approve --override " . "
says "an empty one too" 2 "needs a reason" "$deploy" prod rollback --auto-approve --override ""
says "a reason of two lines is refused" 2 "in one line" "$deploy" prod rollback --auto-approve --override "one
two"
never test note
says "test outside of its window: a note, and on it goes" 1 "note: test is outside" "$deploy" test rollback
printf 'prod refuse UTC Mon-Sun 00:00 00:00\n' >"$copy/scripts/lib/windows"
says "prod inside of its window needs no reason" 1 "Stratus does not answer" "$deploy" prod rollback --auto-approve
[ $failures -eq 0 ]
