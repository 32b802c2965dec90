#!/usr/bin/env bash
# Every command of the runbooks, in their order, on a dev environment that is brought up for it; then what a runbook cannot show: a loss and a planted defect.
# Prints "ok - …" or "not ok - …" a check.
set -uo pipefail
# shellcheck source=tests/journey/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
alone
deploy() { "$root/scripts/deploy.sh" dev "$@"; }

check "dev is applied" deploy apply
python3 tests/journey/runbooks.py dev
failures=$((failures + $?))
