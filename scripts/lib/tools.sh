# shellcheck shell=bash
# Programs that Debian 12 lacks or has too old: Terraform, Node.js and the AWS CLI. Each is left alone where a new enough one is present.

terraform_wanted=1.9 terraform_installed=1.11.4
node_wanted=20 node_installed=v20.19.5
# HashiCorp's release-signing key, as its security page prints it.
hashicorp_key=C874011F0AB405110D02105534365D9472D7468F

machine() {
  case "$(uname -m)" in
    x86_64) echo "${1:-amd64}" ;;
    aarch64) echo arm64 ;;
    *) die "no official build for $(uname -m)" ;;
  esac
}

fetch() { curl -fsSL --retry 3 --connect-timeout 10 -o "$2" "$1" || die "cannot fetch $1; $3"; }

terraform_version() { CHECKPOINT_DISABLE=1 TF_CLI_CONFIG_FILE=/dev/null terraform version 2>/dev/null | sed -n '1s/^Terraform v//p'; }

setup_terraform() {
  if have terraform && at_least "$terraform_wanted" "$(terraform_version)"; then return; fi
  local version=$terraform_installed file dir base by_hand
  base=https://releases.hashicorp.com/terraform/$version
  by_hand="install Terraform $terraform_wanted or newer by hand: https://developer.hashicorp.com/terraform/install"
  file=terraform_${version}_linux_$(machine).zip
  need_root
  step "installing Terraform $version (infrastructure as code) into /usr/local/bin"
  dir=$(mktemp -d)
  fetch "$base/$file" "$dir/$file" "$by_hand"
  fetch "$base/terraform_${version}_SHA256SUMS" "$dir/sums" "$by_hand"
  fetch "$base/terraform_${version}_SHA256SUMS.sig" "$dir/sums.sig" "$by_hand"
  fetch https://www.hashicorp.com/.well-known/pgp-key.txt "$dir/key" "$by_hand"
  (
    cd "$dir" || exit
    export GNUPGHOME=$dir/gnupg
    mkdir -m 700 gnupg
    gpg --batch --quiet --import key
    gpg --batch --status-fd 1 --verify sums.sig sums 2>/dev/null | grep -q "VALIDSIG.*$hashicorp_key" || die "the signature on Terraform's checksums is not HashiCorp's"
    grep " $file\$" sums | sha256sum --check --quiet - || die "the checksum of $file is wrong"
    unzip -q -o "$file" terraform -d /usr/local/bin
  )
  rm -rf "$dir"
}

setup_node() {
  if have node && have npm && at_least "$node_wanted" "$(node --version | tr -d v)"; then return; fi
  local version=$node_installed file dir by_hand
  by_hand="install Node.js $node_wanted or newer by hand: https://nodejs.org/en/download"
  file=node-$version-linux-$(machine x64).tar.gz
  need_root
  step "installing Node.js $version (builds the web client) into /usr/local"
  dir=$(mktemp -d)
  fetch "https://nodejs.org/dist/$version/$file" "$dir/$file" "$by_hand"
  fetch "https://nodejs.org/dist/$version/SHASUMS256.txt" "$dir/sums" "$by_hand"
  (cd "$dir" && grep " $file\$" sums | sha256sum --check --quiet -) || die "the checksum of $file is wrong"
  tar -xzf "$dir/$file" -C /usr/local --strip-components=1 --no-same-owner --wildcards '*/bin/*' '*/lib/*' '*/include/*'
  rm -rf "$dir"
}

setup_aws() {
  if ! have aws; then
    step "installing Debian's awscli (speaks to AWS and to Stratus)"
    install_packages awscli
  fi
  python3 -c 'import boto3' 2>/dev/null && return
  step "installing Debian's python3-boto3 (AWS for Python: cost, compliance, tests)"
  install_packages python3-boto3
  python3 -c 'import boto3' 2>/dev/null || die "$(command -v python3) does not see Debian's python3-boto3: install boto3 for it by hand, such as: python3 -m pip install boto3"
}
