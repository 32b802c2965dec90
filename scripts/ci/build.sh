#!/usr/bin/env bash
# Stage 3: backend and frontend, and their images as OCI archives in build/ci/images with their checksums. The deploy stage pushes these, so what was
# tested and scanned is what runs.
set -euo pipefail
# shellcheck source=scripts/ci/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
[ $# -eq 0 ] || usage_error "takes no arguments, but got: $*"

group "install dependencies"
scripts/setup.sh
end_group

group "build the backend"
build=${COUNSELOR_BUILD_DIR:-$root/build/release}
[ -e "$build/build.ninja" ] || quietly "$ci/configure.log" cmake --preset release -B "$build"
quietly "$ci/build.log" cmake --build "$build" --target counselor-backend
end_group

group "build the frontend and the images"
rm -rf "$ci/images"
mkdir -p "$ci/images"
builder=${COUNSELOR_IMAGE_BUILDER:-app/images/build.sh}
if ! "$builder" >"$ci/images/names" 2>"$ci/images.log"; then
  tail -n 30 "$ci/images.log" >&2
  die "the images could not be built; all of the output: $ci/images.log"
fi
while IFS='=' read -r part reference; do
  quietly "$ci/archive-$part.log" skopeo copy "containers-storage:$reference" "oci-archive:$ci/images/$part.tar:$reference"
done <"$ci/images/names"
(cd "$ci/images" && sha256sum -- *.tar >SHA256SUMS)
end_group
step "built: $(cut -d= -f1 "$ci/images/names" | tr '\n' ' ')"
