# shellcheck shell=bash
# Where Terraform takes its providers from: a mirror on this machine, if there is one; the registry otherwise.

# A directory of unpacked providers on this machine serves where there is one with the locked version; otherwise the registry does.
provider_mirror() {
  local version candidate
  version=$(sed -n 's/^ *version *= *"\(.*\)"/\1/p' "$root/infra/environments/dev/.terraform.lock.hcl" | head -n 1)
  while IFS= read -r candidate; do
    compgen -G "$candidate/$version/*" >/dev/null || compgen -G "$candidate/*_${version}_*.zip" >/dev/null || continue
    printf '%s' "${candidate%/registry.terraform.io/hashicorp/aws}"
    return
  done < <(find ${COUNSELOR_TERRAFORM_MIRROR:+"$COUNSELOR_TERRAFORM_MIRROR"} /opt /usr/local/share /usr/share/terraform /srv -maxdepth 6 -type d \
    -path '*/registry.terraform.io/hashicorp/aws' 2>/dev/null)
}

# The caller's own Terraform settings stay in force where they exist.
configure_providers() {
  export CHECKPOINT_DISABLE=1 TF_IN_AUTOMATION=1 TF_INPUT=0
  if [ -n "${TF_CLI_CONFIG_FILE:-}" ] && [ -r "$TF_CLI_CONFIG_FILE" ]; then return; fi
  unset TF_CLI_CONFIG_FILE
  # Checks have settings of their own: a journey that ends takes its state with it.
  local mirror settings=${provider_settings:-$state_home}
  mirror=$(provider_mirror)
  mkdir -p "$settings"
  if [ -n "$mirror" ]; then
    cat >"$settings/terraform.rc" <<RC
provider_installation {
  filesystem_mirror {
    path    = "$mirror"
    include = ["registry.terraform.io/hashicorp/aws"]
  }
  direct {
    exclude = ["registry.terraform.io/hashicorp/aws"]
  }
}
RC
    export TF_CLI_CONFIG_FILE=$settings/terraform.rc
  elif [ ! -e "$HOME/.terraformrc" ]; then
    mkdir -p "$state_home/providers"
    export TF_PLUGIN_CACHE_DIR=$state_home/providers
  fi
}
