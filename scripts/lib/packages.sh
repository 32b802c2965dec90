# shellcheck shell=bash
# The Debian packages that the project is built from and runs on, each group with its reason, and how they are installed.

package_groups=(
  "compiler and build tools|g++ cmake ninja-build mold ccache pkg-config git"
  "libraries of the daemon and the backend|libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev libboost-system1.81-dev libsqlite3-dev libssl-dev libpugixml-dev libpcre2-dev libarchive-dev libzstd-dev libldns-dev libspdlog-dev libfmt-dev libcli11-dev libqpdf-dev libjpeg62-turbo-dev libseccomp-dev nettle-dev zlib1g-dev liblzma-dev libbz2-dev"
  "the kernel's networks and packet filter|libnftables-dev libmnl-dev nftables iproute2 conntrack"
  "containers, images and load balancers|crun conmon buildah skopeo uidmap haproxy nginx-light busybox-static"
  "tests and checks|libgtest-dev libgmock-dev libbenchmark-dev shellcheck clang-format clang-tidy sqlite3 socat iputils-ping dnsutils python3-yaml python3-jsonschema"
  "what the scripts call|curl jq openssl python3 ca-certificates unzip gpg"
)
# Debian starts the services of these packages; the platform only wants their programs.
service_packages="haproxy nginx"

missing_of() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s ' "$package"
  done
}

# Installs packages without starting their services: a policy file says no while apt runs, and the units stay disabled.
install_packages() {
  need_root
  local policy=/usr/sbin/policy-rc.d own_policy=no service before=""
  for service in $service_packages; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$service" 2>/dev/null)" = installed ] && before+=" $service "
  done
  if [ ! -e "$policy" ]; then
    own_policy=yes
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    # shellcheck disable=SC2064  # the path is wanted as it is now
    trap "rm -f '$policy'" EXIT
  fi
  export DEBIAN_FRONTEND=noninteractive
  local log=$state_home/logs/apt.log
  mkdir -p "${log%/*}"
  if ! apt-get install -y --no-install-recommends "$@" >"$log" 2>&1; then
    quietly "$log" apt-get update
    quietly "$log" apt-get install -y --no-install-recommends "$@"
  fi
  if [ "$own_policy" = yes ]; then
    rm -f "$policy"
    trap - EXIT
  fi
  for service in $service_packages; do
    [[ $before == *" $service "* ]] && continue
    if have systemctl && [ -e "/lib/systemd/system/$service.service" ]; then
      systemctl disable --quiet "$service.service" 2>/dev/null || say "note: could not disable $service.service; it is not started now"
    fi
  done
}

setup_packages() {
  have apt-get || die "this is not Debian: install the packages that scripts/lib/packages.sh names by your own means"
  local group names missing all=()
  for group in "${package_groups[@]}"; do
    names=${group#*|}
    # shellcheck disable=SC2086  # a list of names
    missing=$(missing_of $names)
    [ -z "$missing" ] && continue
    step "needed for ${group%%|*}: $missing"
    # shellcheck disable=SC2206
    all+=($missing)
  done
  [ "${#all[@]}" -eq 0 ] && return
  step "installing ${#all[@]} Debian packages"
  install_packages "${all[@]}"
}
