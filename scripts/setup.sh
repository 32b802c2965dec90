#!/usr/bin/env bash
# Brings a Debian 12 machine to where the platform can be built, run and tested. Run it as often as you like: what is there is left alone.
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname "$0")/lib/common.sh"
# shellcheck source=scripts/lib/packages.sh
. "$root/scripts/lib/packages.sh"
# shellcheck source=scripts/lib/tools.sh
. "$root/scripts/lib/tools.sh"

case "${1:-}" in
  "") ;;
  -h | --help)
    say "usage: scripts/setup.sh    installs what is missing: Debian packages, Terraform >= $terraform_wanted, Node.js >= $node_wanted, the AWS CLI"
    exit 0
    ;;
  *) usage_error "takes no arguments, but got: $*" ;;
esac

setup_packages
setup_terraform
setup_node
setup_aws

step "everything is there: Terraform $(terraform_version), Node.js $(node --version), $(aws --version 2>&1 | cut -d' ' -f1)"
