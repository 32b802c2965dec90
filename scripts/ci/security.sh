#!/usr/bin/env bash
# Stage 2: Trivy where it is installed (the workflow installs it), npm's advisories, and a search for keys in what is committed and in what was built.
# Findings are written as SARIF to build/ci, which the workflow uploads. Only where everything could be asked is it recorded that the scan passed.
set -euo pipefail
# shellcheck source=scripts/ci/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
[ $# -eq 0 ] || usage_error "takes no arguments, but got: $*"
failed=0 left_out=()

group "Trivy"
if have trivy; then
  trivy fs --quiet --scanners vuln,misconfig,secret --skip-dirs build --format sarif --output "$ci/trivy.sarif" .
  trivy fs --quiet --scanners vuln,misconfig,secret --skip-dirs build --severity HIGH,CRITICAL --ignore-unfixed --exit-code 1 . || failed=1
  for archive in "$ci"/images/*.tar; do
    [ -e "$archive" ] || continue
    trivy image --quiet --severity HIGH,CRITICAL --ignore-unfixed --exit-code 1 --input "$archive" || failed=1
  done
else
  say "Trivy is not installed here: vulnerabilities of packages and images are not looked up; the workflow does so"
  left_out+=("Trivy")
fi
end_group

group "npm's advisories"
for lock in app/frontend console; do
  [ -e "$lock/package-lock.json" ] || continue
  code=0
  (cd "$lock" && npm audit --audit-level=high --omit=dev --json) >"$ci/npm-audit.json" 2>"$ci/npm-audit.log" || code=$?
  if jq -es '.[0].metadata.vulnerabilities' "$ci/npm-audit.json" >/dev/null 2>&1; then
    say "$lock: $(jq -r '.metadata.vulnerabilities | "\(.critical) critical, \(.high) high, \(.moderate) moderate, \(.low) low"' "$ci/npm-audit.json")"
    [ "$code" -eq 0 ] || failed=1
  else
    say "$lock: the registry does not answer questions about advisories"
    left_out+=("advisories for $lock")
  fi
done
end_group

group "keys"
python3 scripts/ci/find_keys.py --sarif "$ci/keys.sarif" --images "$ci/images" || failed=1
end_group

[ $failed -eq 0 ] || die "there are findings"
if [ ${#left_out[@]} -gt 0 ]; then
  step "nothing was found, but not everything was looked at: ${left_out[*]}"
else
  record_passed security
  step "nothing was found"
fi
