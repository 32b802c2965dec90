#!/usr/bin/env bash
# The tests of the Python programs behind the scripts: cost, compliance, backups, checklist, runbooks, post-mortems, drills, taking over what an interrupted apply left.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
exec python3 lib/tap.py cost check operations lib drills
