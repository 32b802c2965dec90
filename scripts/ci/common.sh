# shellcheck shell=bash
# What the stages share. Each leaves what it made in build/ci, which the workflow keeps.
# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
ci=${COUNSELOR_CI_DIR:-$root/build/ci}
mkdir -p "$ci"
cd "$root" || exit

# On GitHub, long output is folded under its heading.
group() {
  if [ -n "${GITHUB_ACTIONS:-}" ]; then printf '::group::%s\n' "$*" >&2; else step "$*"; fi
}
end_group() { if [ -n "${GITHUB_ACTIONS:-}" ]; then echo '::endgroup::' >&2; fi; }
