#!/usr/bin/env bash
# In place of app/images/build.sh: the images that the build stage made, out of build/ci/images.
set -euo pipefail
# shellcheck source=scripts/ci/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
exec 3>&1 1>&2
(cd "$ci/images" && sha256sum --check --quiet SHA256SUMS)
while IFS='=' read -r part reference; do
  skopeo copy --quiet "oci-archive:$ci/images/$part.tar:$reference" "containers-storage:$reference"
  printf '%s=%s\n' "$part" "$reference" >&3
done <"$ci/images/names"
