# shellcheck shell=bash
# The steps of scripts/test.sh. Each runs in a process group of its own, writes to build/test-artifacts/<step>.log, and leaves
# "<passed> <failed>" in <step>.count; a step that leaves none and fails counts as one failure.

step_pid="" watch_pid="" beside_pid=""
stop_step() {
  local group
  for group in $step_pid $watch_pid; do
    kill -TERM -- "-$group" 2>/dev/null || true
    wait "$group" 2>/dev/null || true
  done
  step_pid="" watch_pid=""
}

# run_beside NAME…: these steps, one after another, beside what the caller does next.
# shellcheck disable=SC2030,SC2031  # the subshell counts its own steps, and hands that over by a file
run_beside() {
  (
    passed=0 failed=0
    trap 'stop_step' EXIT
    trap 'exit 143' TERM
    for name in "$@"; do run_step "$name"; done
    count "$passed" "$failed" beside
  ) &
  beside_pid=$!
}

# Waits for the steps beside, and adds what they counted.
# shellcheck disable=SC2031
join_beside() {
  local good=0 bad=1
  [ -n "$beside_pid" ] || return 0
  wait "$beside_pid" && read -r good bad <"$artifacts/beside.count"
  beside_pid=""
  passed=$((passed + good))
  failed=$((failed + bad))
}

stop_beside() {
  [ -z "$beside_pid" ] || kill -TERM "$beside_pid" 2>/dev/null || true
  [ -z "$beside_pid" ] || wait "$beside_pid" 2>/dev/null || true
}

# The longest that a step may take, in seconds: a hanging test is a failure, not a wait.
limit_of() {
  case "$1" in
    build) echo 1200 ;;
    tidy) echo 2400 ;;
    unit | kernel | api | hygiene) echo 900 ;;
    journey) echo 2400 ;;
    stacks) echo 1200 ;;
    *) echo 420 ;;
  esac
}

run_step() {
  local name=$1 began=$SECONDS log=$artifacts/$1.log code=0 good
  rm -f "$artifacts/$name.count"
  set -m
  (
    set -euo pipefail
    "step_$name"
  ) >"$log" 2>&1 </dev/null &
  step_pid=$!
  (sleep "$(limit_of "$name")" && kill -TERM -- "-$step_pid") 2>/dev/null &
  watch_pid=$!
  set +m
  wait "$step_pid" || code=$?
  stop_step
  good=0 step_failed=0
  [ -s "$artifacts/$name.count" ] && read -r good step_failed <"$artifacts/$name.count"
  [ "$code" -ne 0 ] && [ "$step_failed" -eq 0 ] && step_failed=1
  passed=$((passed + good))
  failed=$((failed + step_failed))
  printf '%-10s %5d passed %4d failed  %4d s\n' "$name" "$good" "$step_failed" "$((SECONDS - began))"
  if [ "$step_failed" -gt 0 ]; then failures_of "$name" "$log" >>"$artifacts/failures.txt"; fi
}

# What a failed step says of itself, short: the failed tests with the lines that explain them, or else its end.
failures_of() {
  printf -- '--- %s (all of it: %s)\n' "$1" "$2"
  if grep -q '^not ok ' "$2"; then
    awk '/^not ok / {lines = 14} lines > 0 && (/^not ok / || /^ *#/) {print; lines--; next} {lines = 0}' "$2" | cut -c 1-400 | head -n 90
  elif grep -q -E '^\[  FAILED  \]|: Failure$' "$2"; then
    grep -E -A 6 '^\[  FAILED  \]|: Failure$' "$2" | cut -c 1-400 | head -n 90
  else
    tail -n 40 "$2" | cut -c 1-400
  fi
}

count() { printf '%d %d\n' "$1" "$2" >"$artifacts/$3.count"; }
tests_in() { python3 "$root/scripts/lib/count_tests.py" "$@"; }

# Shell scripts are clean, and the workflows' and scripts' own tests hold.
step_shell() {
  local good=0 bad=0 script
  while IFS= read -r script; do
    if shellcheck -x -a "$script"; then good=$((good + 1)); else bad=$((bad + 1)); fi
    count $good $bad shell
  done < <(git ls-files 'scripts/*.sh' 'scripts/**/*.sh' 'app/**/*.sh' 'tests/**/*.sh' .ci/run | grep -v '^scripts/lib/')
  run_tap shell $good $bad scripts/tests/*_test.sh
}

# Programs that print "ok - …" and "not ok - …", one line a test.
run_tap() {
  local name=$1 good=$2 bad=$3 program out code
  shift 3
  for program in "$@"; do
    [ -x "$program" ] || continue
    printf '# %s\n' "$program"
    out=$artifacts/$name-${program##*/}.tap code=0
    "$program" 2>&1 | tee "$out" || code=$?
    good=$((good + $(grep -c '^ok ' "$out" || true)))
    bad=$((bad + $(grep -c '^not ok ' "$out" || true)))
    if [ $code -ne 0 ] && ! grep -q '^not ok ' "$out"; then bad=$((bad + 1)); fi
    count $good $bad "$name"
  done
  [ "$bad" -eq 0 ]
}

step_format() {
  local good=0 bad=0 file
  while IFS= read -r file; do
    if clang-format --dry-run -Werror --style=file "$file"; then good=$((good + 1)); else bad=$((bad + 1)); fi
  done < <(git ls-files '*.h' '*.cpp')
  # One check each for the sources and for Terraform: a file that is in shape is no test that passed.
  printf '%d sources are in shape, %d are not\n' $good $bad
  count $((bad == 0)) $((bad > 0)) format
  [ "$bad" -eq 0 ]
}

# What the compiler's warnings do not see. Only sources that have changed since they were clean are looked at. It takes what processor time the journeys leave.
step_tidy() {
  if ! nice -n 19 python3 "$root/scripts/lib/tidy.py" "$build_dir"; then
    count 0 1 tidy
    return 1
  fi
  count 1 0 tidy
}

step_terraform() { "$root/scripts/lib/terraform_tests.sh"; }

step_build() {
  [ -e "$build_dir/build.ninja" ] || cmake --preset "$preset" -B "$build_dir"
  cmake --build "$build_dir"
  count 1 0 build
}

run_ctest() {
  local name=$1 code=0
  shift
  rm -rf "$artifacts/gtest-$name"
  GTEST_OUTPUT="xml:$artifacts/gtest-$name/" ctest --test-dir "$build_dir" --output-on-failure --no-tests=error --output-junit "$artifacts/$name-junit.xml" "$@" || code=$?
  tests_in ctest "$artifacts/$name-junit.xml" "$artifacts/gtest-$name" >"$artifacts/$name.count"
  return $code
}
step_unit() { run_ctest unit -LE kernel -j2; }
step_kernel() { run_ctest kernel -L kernel; }

step_frontend() {
  local folder good=0 bad=0
  for folder in app/frontend console; do
    [ -e "$folder/package-lock.json" ] || continue
    cd "$root/$folder"
    [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --no-audit --no-fund
    npm run lint --if-present && good=$((good + 1)) || bad=$((bad + 1))
    npx vitest run --reporter=default --reporter=json --outputFile="$artifacts/vitest-${folder//\//-}.json" || true
    read -r p f < <(tests_in vitest "$artifacts/vitest-${folder//\//-}.json")
    good=$((good + p)) bad=$((bad + f))
    count $good $bad frontend
    cd "$root"
  done
  [ "$bad" -eq 0 ]
}

# The API by boto3, and foreign Terraform stacks, each against a daemon of its own.
step_api() { run_tap api 0 0 tests/api/run.py; }
# Chromium is wanted by tests alone, so it is installed here and not by setup.sh.
need_chromium() {
  # shellcheck source=scripts/lib/packages.sh
  . "$root/scripts/lib/packages.sh"
  [ -x "${CHROMIUM:-/usr/bin/chromium}" ] || install_packages chromium
}
# Each protection of the app is taken away once, and a test has to notice.
step_hygiene() {
  need_chromium
  run_tap hygiene 0 0 tests/hygiene/run.py
}

step_stacks() { run_tap stacks 0 0 tests/terraform/stacks_test.py; }

# Journeys, in two lanes beside each other: the second one's Stratus has names, addresses and a port of its own.
step_journey() {
  local lane_pid good=0 bad=0 lane a b
  need_chromium
  (
    export STRATUS_PORT=4576 STRATUS_STATE_DIR=/var/lib/stratus-second COUNSELOR_STATE_DIR=/var/lib/counselor-second
    export STRATUS_OPTIONS="--run-dir /run/stratus-second --tag jb --public-pool 198.19.208.0/20 --host-dns 127.0.4.54"
    run_tap second 0 0 tests/journey/{environments,runbooks,uplink}_test.sh >"$artifacts/journey-second.log" 2>&1
  ) &
  lane_pid=$!
  run_tap first 0 0 tests/journey/{dev,pipeline,drills,app}_test.sh || true
  wait "$lane_pid" || true
  cat "$artifacts/journey-second.log"
  for lane in first second; do
    a=0 b=1
    [ ! -s "$artifacts/$lane.count" ] || read -r a b <"$artifacts/$lane.count"
    good=$((good + a)) bad=$((bad + b))
  done
  count "$good" "$bad" journey
  [ "$bad" -eq 0 ]
}
