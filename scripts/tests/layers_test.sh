#!/usr/bin/env bash
# Who may include whom: the rooms of ARCHITECTURE.md, read from the sources' include lines. Prints one line a room.
set -euo pipefail
exec python3 "$(dirname "${BASH_SOURCE[0]}")/layers.py" "$@"
