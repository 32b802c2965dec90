# shellcheck shell=bash
# browser_tests FILE…: runs tests of this folder, each a process of its own, and prints "ok - …" or "not ok - …" a test.
browser_tests() {
  local folder
  folder=$(dirname "${BASH_SOURCE[0]}")
  NODE_NO_WARNINGS=1 node --test --test-concurrency=1 --test-reporter="$folder/reporter.mjs" ${ONLY:+--test-name-pattern="$ONLY"} "${@/#/$folder/}"
}
