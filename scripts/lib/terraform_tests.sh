#!/usr/bin/env bash
# Terraform's checks: form, validity of every root, and the tests of the modules and environments. They run in a copy, offline, against
# mocked providers: no state and no lock file of the work tree is touched.
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=scripts/lib/providers.sh
. "$root/scripts/lib/providers.sh"

artifacts=${artifacts:-$root/build/test-artifacts}
copy=$artifacts/terraform
provider_settings=$artifacts
good=0 bad=0
tally() {
  good=$((good + $1)) bad=$((bad + $2))
  mkdir -p "$artifacts"
  printf '%d %d\n' $good $bad >"$artifacts/terraform.count"
}

configure_providers
rm -rf "$copy"
mkdir -p "$copy"
trap 'rm -rf "$copy"' EXIT
(cd "$root" && git ls-files -z --cached --others --exclude-standard infra tests/terraform | xargs -0 cp -P --parents -t "$copy")
cd "$copy"

if terraform fmt -check -recursive -diff .; then tally 1 0; else tally 0 1; fi

# test_folder <folder>: its own tests, or those of tests/terraform/<name>.
test_folder() {
  local out=$copy/out passed failed
  printf '\n# %s\n' "$1"
  if ! (cd "$1" && terraform init -input=false -no-color >"$out" 2>&1 && terraform validate -no-color >"$out" 2>&1); then
    cat "$out"
    tally 0 1
    return
  fi
  tally 1 0
  [ -d "$1/tests" ] || return 0
  (cd "$1" && terraform test -no-color) 2>&1 | tee "$out" || true
  passed=$(sed -n 's/^\(Success\|Failure\)! \([0-9]*\) passed.*/\2/p' "$out")
  failed=$(sed -n 's/^\(Success\|Failure\)! [0-9]* passed, \([0-9]*\) failed.*/\2/p' "$out")
  if [ -n "$passed" ]; then tally "$passed" "$failed"; else tally 0 1; fi
}

for folder in infra/modules/* infra/environments/dev infra/environments/test infra/environments/prod; do
  [ -d "$folder" ] || continue
  name=${folder##*/}
  [ -d "tests/terraform/$name" ] && [ "${folder%/*}" = infra/environments ] && cp -r "tests/terraform/$name" "$folder/tests"
  test_folder "$folder"
done
[ $bad -eq 0 ]
