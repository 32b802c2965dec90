# shellcheck shell=bash
# Maintenance windows: whether an environment may be changed now, and the record of changes that were made all the same.

windows_file=${windows_file:-$root/scripts/lib/windows}

day_number() {
  case "$1" in
    Mon) echo 0 ;; Tue) echo 1 ;; Wed) echo 2 ;; Thu) echo 3 ;; Fri) echo 4 ;; Sat) echo 5 ;; Sun) echo 6 ;;
    *) die "'$1' in ${windows_file#"$root"/} is no day: write Mon, Tue, Wed, Thu, Fri, Sat or Sun" ;;
  esac
}

# "Mon-Fri", "Tue,Thu": their numbers, 0 for Monday.
day_numbers() {
  local part first last
  for part in ${1//,/ }; do
    first=$(day_number "${part%-*}") && last=$(day_number "${part#*-}") || exit
    while :; do
      echo "$first"
      [ "$first" = "$last" ] && break
      first=$(((first + 1) % 7))
    done
  done
}

minutes_of() {
  [[ $1 =~ ^([01][0-9]|2[0-3]):([0-5][0-9])$ ]] || die "'$1' in ${windows_file#"$root"/} is no time: write 22:00"
  echo $((10#${BASH_REMATCH[1]} * 60 + 10#${BASH_REMATCH[2]}))
}

# window_of <environment> <epoch seconds>: "always", "open <minutes left> <words>" or "closed <refuse|note> <minutes until it opens> <words>".
# Counted in minutes of the week as the clock on the wall shows them, so a window keeps its hours when the clocks change.
window_of() {
  local wanted=$1 now=$2 name outside zone days from to day week=10080 least=$((7 * 1440 + 1)) words="" rule="" clock begin length into left=0
  while read -r name outside zone days from to; do
    [ "$name" = "$wanted" ] || continue
    [ -e "${TZDIR:-/usr/share/zoneinfo}/$zone" ] || die "the time zone $zone of ${windows_file#"$root"/} is not known here"
    from=$(minutes_of "$from") && to=$(minutes_of "$to") || exit
    length=$((to - from))
    [ "$length" -gt 0 ] || length=$((length + 1440))
    clock=$(TZ=$zone date -d "@$now" '+%u %H %M')
    read -r day begin into <<<"$clock"
    clock=$(((day - 1) * 1440 + 10#$begin * 60 + 10#$into))
    rule=$outside words+="${words:+; }$days $(printf '%02d:%02d-%02d:%02d' $((from / 60)) $((from % 60)) $((to / 60)) $((to % 60))) $zone"
    days=$(day_numbers "$days") || exit
    for day in $days; do
      begin=$((day * 1440 + from))
      into=$(((clock - begin + week) % week))
      [ "$into" -lt "$length" ] && [ $((length - into)) -gt "$left" ] && left=$((length - into))
      [ $(((begin - clock + week) % week)) -lt "$least" ] && least=$(((begin - clock + week) % week))
    done
  done < <(grep -vE '^ *(#|$)' "$windows_file")
  if [ -z "$words" ]; then echo always; elif [ "$left" -gt 0 ]; then echo "open $left $words"; else echo "closed $rule $least $words"; fi
}

in_words() {
  if [ "$1" -ge 1440 ]; then echo "$(($1 / 1440)) d $(($1 % 1440 / 60)) h"; elif [ "$1" -ge 60 ]; then echo "$(($1 / 60)) h $(($1 % 60)) min"; else echo "$1 min"; fi
}

# Refuses a change outside of the window, before anything is started. Reasons are one line that says something.
require_window() {
  local kind rule minutes words
  # shellcheck disable=SC2034  # require_target reads it
  changing=yes
  window=$(window_of "$environment" "$(date +%s)") || exit
  read -r kind rule minutes words <<<"$window"
  if [ -n "$override" ]; then
    [[ $override =~ [[:alnum:]].*[[:alnum:]] && $override != *$'\n'* && ${#override} -le 500 ]] || usage_error "--override needs a reason, in one line of up to 500 characters"
    return
  fi
  [ "$kind" = closed ] || return 0
  words="$environment is outside of its maintenance window ($words), which opens in $(in_words "$minutes")"
  [ "$rule" = note ] || die "$words: wait, or give --override \"reason\""
  say "note: $words"
}

changes_group() { printf '/changes/counselor-%s' "$environment"; }

# Why a window was overridden is told to a log group of CloudWatch, on both targets: events there cannot be rewritten, carry the service's own time, are kept
# for a year, and no destroy of the environment takes them. The same line goes to a file beside Terraform's state. What cannot be recorded is not done.
record_override() {
  local event stream
  stream=$(date -u +%Y/%m)
  event=$(jq -cn --arg time "$(date -u +%Y-%m-%dT%H:%M:%SZ)" --arg environment "$environment" --arg change "$1" --arg reason "$override" --arg window "$window" \
    --arg by "$(aws sts get-caller-identity --query Arn --output text)" --arg user "${SUDO_USER:-${USER:-$(id -un)}}@$(uname -n)" \
    --arg commit "$(git -C "$root" rev-parse HEAD 2>/dev/null || true)" '$ARGS.named')
  mkdir -p "$work"
  printf '%s\n' "$event" >>"$work/changes.log"
  if ! aws logs create-log-stream --log-group-name "$(changes_group)" --log-stream-name "$stream" >/dev/null 2>"$work/changes.err"; then
    if grep -q ResourceNotFoundException "$work/changes.err"; then
      { aws logs create-log-group --log-group-name "$(changes_group)" && aws logs put-retention-policy --log-group-name "$(changes_group)" --retention-in-days 365 &&
        aws logs create-log-stream --log-group-name "$(changes_group)" --log-stream-name "$stream"; } >/dev/null 2>"$work/changes.err" ||
        die "the override cannot be recorded, so nothing was changed: $(tail -n 1 "$work/changes.err")"
    elif ! grep -q ResourceAlreadyExistsException "$work/changes.err"; then
      die "the override cannot be recorded, so nothing was changed: $(tail -n 1 "$work/changes.err")"
    fi
  fi
  jq -cn --argjson event "$event" --argjson now "$(date +%s%3N)" '[{timestamp: $now, message: ($event | tojson)}]' >"$work/changes.event"
  aws logs put-log-events --log-group-name "$(changes_group)" --log-stream-name "$stream" --log-events "file://$work/changes.event" >/dev/null 2>"$work/changes.err" ||
    die "the override cannot be recorded, so nothing was changed: $(tail -n 1 "$work/changes.err")"
  rm -f "$work/changes.event" "$work/changes.err"
  step "recorded in $(changes_group): $override"
}
