#!/usr/bin/env bash
# Stage 4: pushes the build stage's images as {env}-{git-hash}-{timestamp}, applies the infrastructure, waits for the services, asks the application.
# When the new version does not serve, the services go back to the last one, and the stage fails.
#   usage: scripts/ci/deploy.sh <dev|test|prod> [--target local|aws] [--override REASON]
# The way back needs no window. The approval of prod is GitHub's environment; here, --auto-approve stands for it.
set -euo pipefail
# shellcheck source=scripts/ci/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=scripts/lib/look.sh
. "$root/scripts/lib/look.sh"
[[ $# -ge 1 && ${1:-} =~ ^(dev|test|prod)$ ]] || usage_error "usage: scripts/ci/deploy.sh <dev|test|prod> [--target local|aws]"
environment=$1
shift
target=local
if [[ " $* " =~ " --target"[=\ ]"aws " ]]; then target=aws; fi
[ -e "$ci/images/SHA256SUMS" ] || die "build/ci/images is missing: scripts/ci/build.sh makes it"

hash=$(git rev-parse --short=7 HEAD)
tag=$environment-$hash-$(date -u +%Y%m%d%H%M%S)
export COUNSELOR_IMAGE_BUILDER=$root/scripts/ci/use_images.sh

running() { scripts/deploy.sh "$environment" images "$@" | sed -n 's/^\([a-z]*\)  \([^ ]*\) .*(runs)$/\1=\2/p' | sort | tr '\n' ' '; }
before=$(running "$@" 2>/dev/null) || before=""

# The page, the health of both parts, and an answer of the API, within half a minute.
serves() {
  local url end=$((SECONDS + 30)) way=()
  url=$(scripts/deploy.sh "$environment" url "$@" 2>/dev/null) || return 1
  if [ "$target" = local ]; then
    way_here "http://127.0.0.1:${STRATUS_PORT:-4566}" "$(scripts/deploy.sh "$environment" status "$@" 2>/dev/null | sed -n 's/^load balancer //p')" "$ci/authority.pem" || return 1
  fi
  until [ "$(status_of "$url/health")" = 200 ] && [ "$(status_of "$url/api/careers")" = 200 ]; do
    [ $SECONDS -lt $end ] || return 1
    sleep 1
  done
}

group "deploy $tag"
code=0
scripts/deploy.sh "$environment" apply --auto-approve --image-tag "$tag" "$@" >&2 || code=$?
end_group
now=$(running "$@" 2>/dev/null) || now=""
if [ $code -eq 0 ] && [ "$now" = "backend=$tag frontend=$tag " ] && serves "$@"; then
  step "$tag serves"
  scripts/deploy.sh "$environment" url "$@"
  exit 0
fi
if [ -n "$before" ] && [ "$now" != "$before" ]; then
  group "roll back"
  # Only what moved: the circuit breaker may have taken the other part back already.
  for part in frontend backend; do
    [ "$(grep -o "$part=[^ ]*" <<<"$now")" = "$(grep -o "$part=[^ ]*" <<<"$before")" ] && continue
    scripts/deploy.sh "$environment" rollback "$part" --auto-approve --override "the pipeline goes back: $tag does not serve" "$@" >&2 || say "$part could not be rolled back"
  done
  end_group
  now=$(running "$@")
fi
if [ -n "$now" ]; then say "running now: $now"; fi
die "$tag does not serve; ${before:+the version before it does}"
