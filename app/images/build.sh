#!/usr/bin/env bash
# Builds the two images from scratch, out of what CMake and Vite made and Debian's nginx: no engine, no registry. The same content gives the same
# image (timestamps are fixed), so that what has not changed is not pushed again.
#
# usage: app/images/build.sh
# Prints, for skopeo's containers-storage: frontend=<reference> and backend=<reference>. Everything else goes to standard error.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
exec 3>&1 1>&2
# One at a time in one checkout: the pages' folder is the same for all.
exec 7<"$root/app/images/build.sh"
flock 7

binary=$root/build/release/app/backend/counselor-backend
if [ ! -x "$binary" ]; then
  cmake -S "$root" --preset release >/dev/null
  cmake --build "$root/build/release" --target counselor-backend
fi

# image NAME ROOTFS USER PORT ENTRYPOINT…
image() {
  local name=$1 rootfs=$2 user=$3 port=$4
  shift 4
  local entrypoint
  entrypoint=$(printf '%s\n' "$@" | jq -R . | jq -sc .)
  mkdir -p "$rootfs/tmp"
  chmod 1777 "$rootfs/tmp"
  cat >"$work/Containerfile" <<TEXT
FROM scratch
COPY . /
USER $user
EXPOSE $port
STOPSIGNAL SIGTERM
ENTRYPOINT $entrypoint
TEXT
  find "$rootfs" -exec touch -h -d @0 {} +
  buildah bud --quiet --isolation chroot --timestamp 0 --file "$work/Containerfile" --iidfile "$work/id" "$rootfs" >/dev/null
  # The tag is of the content: another checkout that builds at the same moment names its own image, not this one.
  local id reference
  id=$(sed 's/^sha256://' "$work/id")
  reference=localhost/counselor-$name:${id:0:12}
  buildah tag "$id" "$reference"
  printf '%s=%s\n' "$name" "$reference" >&3
}

# The backend: a static program on an empty base, and the authorities by whom it knows the model's service.
mkdir -p "$work/backend/etc/ssl/certs"
install -m 0644 /etc/ssl/certs/ca-certificates.crt "$work/backend/etc/ssl/certs/ca-certificates.crt"
install -m 0755 "$binary" "$work/backend/counselor-backend"
image backend "$work/backend" 10001 3001 /counselor-backend

# The frontend: nginx with the libraries that it is linked to, and the pages.
frontend=$root/app/frontend
if [ ! "$frontend/node_modules/.package-lock.json" -nt "$frontend/package-lock.json" ]; then (cd "$frontend" && npm ci --no-progress); fi
# Vite takes ten seconds for what it made already.
sources=("$frontend"/{src,index.html,package-lock.json,vite.config.ts,tsconfig.json} "$root/app/openapi.yaml")
page=$frontend/dist/index.html
if [ ! -e "$page" ] || [ -n "$(find "${sources[@]}" ! -name schema.d.ts -newer "$page" -print -quit)" ]; then
  (cd "$frontend" && npm run --silent build)
fi
nginx=$(command -v nginx) || {
  echo "app/images/build.sh: nginx is not installed: apt-get install nginx-light" >&2
  exit 1
}
rootfs=$work/frontend
mkdir -p "$rootfs/usr/sbin" "$rootfs/etc/nginx" "$rootfs/usr/share/nginx" "$rootfs/var/lib/nginx" "$rootfs/var/log/nginx" "$rootfs/dev"
install -m 0755 "$nginx" "$rootfs/usr/sbin/nginx"
# The loader and every library, at the paths by which the program asks for them.
ldd "$nginx" | grep -oE '/[^ )]+' | while read -r library; do
  mkdir -p "$rootfs$(dirname "$library")"
  cp -L "$library" "$rootfs$library"
done
cp "$frontend/nginx.conf" /etc/nginx/mime.types "$rootfs/etc/nginx/"
cp -r "$frontend/dist" "$rootfs/usr/share/nginx/html"
printf 'root:x:0:0::/:/usr/sbin/nologin\nnginx:x:101:101::/tmp:/usr/sbin/nologin\nnobody:x:65534:65534::/:/usr/sbin/nologin\n' >"$rootfs/etc/passwd"
printf 'root:x:0:\nnginx:x:101:\nnogroup:x:65534:\n' >"$rootfs/etc/group"
image frontend "$rootfs" 101:101 3000 /usr/sbin/nginx -g "daemon off;" -c /etc/nginx/nginx.conf
