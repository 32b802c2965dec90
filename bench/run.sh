#!/usr/bin/env bash
# Measures the platform's targets on this machine, each beside something measured in the same run where a ratio says more than a number.
# Needs root; installs wrk for the API's throughput; asks moto_server too where it is installed (python3 -m pip install "moto[server]").
#   bench/run.sh            everything          bench/run.sh start memory api tasks deploy build newcomer    the named ones
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib/common.sh"
# shellcheck source=scripts/lib/packages.sh
. "$root/scripts/lib/packages.sh"

all=(start memory api tasks deploy build newcomer)
chosen=("$@")
[ ${#chosen[@]} -gt 0 ] || chosen=("${all[@]}")
for name in "${chosen[@]}"; do
  [[ " ${all[*]} " == *" $name "* ]] || usage_error "unknown measurement '$name': there are ${all[*]}"
done
need_root
stratus=$root/build/release/stratus/cli/stratus
if [ ! -x "$stratus" ]; then
  say "building the release first"
  cmake --preset release -S "$root" >/dev/null
  cmake --build "$root/build/release" >/dev/null
fi

work=$(mktemp -d)
# Containers run as other users, from below this folder.
chmod 755 "$work"
port=4596
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1 AWS_ENDPOINT_URL=http://127.0.0.1:$port AWS_PAGER=
other=
stratus() { "$stratus" --state-dir "$work/state" --port "$port" "$@"; }
up() { stratus up -- --run-dir "$work/run" --tag bn --public-pool 198.19.240.0/20 --hosts-file "$work/hosts" --host-dns "" >/dev/null; }
cleanup() {
  [ -z "$other" ] || kill "$other" 2>/dev/null || true
  stratus down --purge >/dev/null 2>&1 || true
  # A namespace of mounts is kept alive by a file on which it is mounted.
  awk -v work="$work/" 'index($2, work) == 1 {print $2}' /proc/mounts | sort -r | xargs -r umount --lazy 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

report() { printf '%-46s %12s   %s\n' "$1" "$2" "$3"; }

measure_start() {
  local best=
  for _ in 1 2 3 4 5; do
    local ms
    ms=$(python3 "$root/bench/first_answer.py" "$port" "$root/build/release/stratus/daemon/stratusd" --state-dir "$work/first" --port "$port" \
      --run-dir "$work/run-first" --tag bf --public-pool 198.19.224.0/20 --hosts-file "$work/hosts" --host-dns "")
    if [ -z "$best" ] || [ "$ms" -lt "$best" ]; then best=$ms; fi
    rm -rf "$work/first"
  done
  report "start to the first answer, best of 5" "$best ms" "target < 100 ms"
}

measure_memory() {
  up
  local pid
  pid=$(stratus status | python3 -c 'import json,sys; print(json.load(sys.stdin)["pid"])')
  aws sts get-caller-identity >/dev/null
  report "resident memory when idle" "$(awk '/^VmRSS:/ {printf "%.1f", $2 / 1024}' "/proc/$pid/status") MiB" "target < 50 MiB"
}

requests_a_second() { # requests_a_second URL
  wrk -t 1 -c 8 -d 5s -s "$work/request.lua" "$1" | awk '/^Requests\/sec:/ {printf "%d", $2} /Non-2xx/ {bad = 1} END {exit bad}'
}

measure_api() {
  have wrk || install_packages wrk
  up
  python3 "$root/bench/sign.py" "http://127.0.0.1:$port" >"$work/request.lua"
  local ours theirs
  ours=$(requests_a_second "http://127.0.0.1:$port/") || die "Stratus refused some of the requests"
  report "signed DescribeVpcs, 8 connections" "$ours /s" ""
  if ! have moto_server; then
    report "the same on moto_server" "not here" "target: 50 times as many"
    return
  fi
  local moto_port=4595
  moto_server -H 127.0.0.1 -p $moto_port >/dev/null 2>&1 &
  other=$!
  python3 "$root/bench/wait_port.py" $moto_port
  python3 "$root/bench/sign.py" "http://127.0.0.1:$moto_port" >"$work/request.lua"
  theirs=$(requests_a_second "http://127.0.0.1:$moto_port/") || die "moto_server refused some of the requests"
  kill "$other" 2>/dev/null || true
  wait "$other" 2>/dev/null || true
  other=
  report "the same on moto_server" "$theirs /s" "ratio $((ours / (theirs > 0 ? theirs : 1))), target 50"
}

measure_tasks() {
  up
  python3 "$root/bench/run_task.py" "$root/build/release/app/backend/counselor-backend" "127.0.0.1:$port" "$work" |
    while IFS=$'\t' read -r what value target; do report "$what" "$value" "$target"; done
}

# A Stratus that deploy.sh starts, beside any other.
own_place() {
  stratus down --purge >/dev/null 2>&1 || true
  export STRATUS_PORT=$port STRATUS_STATE_DIR=$work/state COUNSELOR_STATE_DIR=$work/counselor
  export STRATUS_OPTIONS="--run-dir $work/run --tag bn --public-pool 198.19.240.0/20 --host-dns 127.0.4.250 ${1:-}"
}

# What a person waits for, once the programs are built. Terraform's own part is what goes by while no resource is being made.
measure_deploy() {
  own_place "--hosts-file $work/hosts"
  local what words target began
  while IFS='|' read -r what words target; do
    began=$SECONDS
    # shellcheck disable=SC2086  # several words
    "$root/scripts/deploy.sh" $words >"$work/deploy.log" 2>&1 </dev/null || die "deploy.sh $words failed: $(tail -n 1 "$work/deploy.log")"
    [[ $words != *plan ]] || grep -q 'No changes' "$work/deploy.log" || die "the plan is not empty"
    report "$what" "$((SECONDS - began)) s" "$target"
  done <<'TEXT'
deploy.sh dev apply, from nothing|dev apply|
deploy.sh dev plan, without changes|dev plan|target < 20 s
deploy.sh prod apply, after dev|prod apply --auto-approve --override a-measurement|target < 240 s
deploy.sh prod plan, without changes|prod plan|target < 20 s
TEXT
  "$root/scripts/deploy.sh" dev terraform destroy -auto-approve -target=module.vpc >"$work/deploy.log" 2>&1 || die "the network of dev could not be taken away"
  "$root/scripts/deploy.sh" dev terraform apply -auto-approve -json >"$work/apply.json" 2>"$work/deploy.log" || die "dev could not be applied: $(tail -n 1 "$work/apply.json")"
  report "terraform apply, beside its waits for resources" "$(python3 "$root/bench/apply_overhead.py" "$work/apply.json")" "target < 1.15"
  stratus down --purge >/dev/null
}

measure_build() {
  local began=$SECONDS
  cmake --preset release -S "$root" -B "$work/build" -DCMAKE_CXX_COMPILER_LAUNCHER= >/dev/null
  CCACHE_DISABLE=1 cmake --build "$work/build" >/dev/null
  report "clean release build on $(nproc) cores" "$((SECONDS - began)) s" "target < 600 s"
}

# What the README promises: from a clone with nothing built and nothing cached, by its first command, to an assessment answered in a browser. The time that
# Debian's packages take to install is not in it where they are installed.
measure_newcomer() {
  own_place
  git clone --quiet "$root" "$work/clone"
  local began=$SECONDS deployed url
  CCACHE_DISABLE=1 npm_config_cache=$work/npm "$work/clone/scripts/deploy.sh" dev apply >"$work/deploy.log" 2>&1 </dev/null || die "deploy.sh dev apply failed: $(tail -n 1 "$work/deploy.log")"
  deployed=$((SECONDS - began))
  url=$(tail -n 1 "$work/deploy.log")
  artifacts=$work BASE_URL=$url SIZES=desktop ONLY='the assessment' bash -c ". '$work/clone/tests/browser/tests.sh' && browser_tests walk.test.mjs" >"$work/walk.log" ||
    die "the assessment could not be answered: $(cat "$work/walk.log")"
  grep -q '^ok' "$work/walk.log" || die "no assessment was walked through"
  report "a clone, deploy.sh dev apply, to the app's address" "$deployed s" ""
  report "from there to an assessment answered in Chromium" "$((SECONDS - began - deployed)) s" "together $((SECONDS - began)) s, target < 900 s"
  "$work/clone/build/release/stratus/cli/stratus" down --purge >/dev/null
}

for name in "${chosen[@]}"; do "measure_$name"; done
