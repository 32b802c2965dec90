# shellcheck shell=bash
# Terraform for one environment: where state lies, what was deployed last, and nobody else at the same time.

# The default instance and AWS use the checkout's own folder, where `terraform` works by hand as well. A second Stratus beside it has a copy: what
# Terraform keeps in the folder (backend, values, modules) is that of one place.
configuration() {
  if [ -d "$work/infra" ]; then printf '%s/infra' "$work"; else printf '%s/infra' "$root"; fi
  printf '/environments/%s' "$environment"
}
copy_configuration() {
  [[ "$place" != local-4566 && "$place" != aws ]] || return 0
  mkdir -p "$work/infra"
  find "$work/infra" -type f -not -path '*/.terraform/*' -delete
  tar -C "$root/infra" --exclude=.terraform --exclude=backend_override.tf --exclude=deployed.auto.tfvars.json -cf - . | tar -C "$work/infra" -xf -
}

# Terraform on the environment, wherever this shell stands: other steps change their folder.
tf() { terraform -chdir="$(configuration)" "$@"; }

# One at a time for each environment; the kernel lets go of the lock when this process ends, however it ends.
lock_environment() {
  mkdir -p "$work"
  exec 9>>"$work/lock"
  flock --nonblock 9 || die "another deploy.sh works on $environment (target $target) right now"
}

state_bucket() { printf 'counselor-terraform-state-%s-%s' "$account" "$region"; }

terraform_init() {
  mkdir -p "$work"
  configure_providers
  copy_configuration
  cd "$(configuration)" || exit
  rm -f adopted.tf
  if [ "$target" = aws ]; then
    printf 'terraform {\n  backend "s3" {\n    bucket       = "%s"\n    key          = "%s/terraform.tfstate"\n    region       = "%s"\n    encrypt      = true\n    use_lockfile = true\n  }\n}\n' \
      "$(state_bucket)" "$environment" "$region" >backend_override.tf
  else
    printf 'terraform {\n  backend "local" {\n    path = "%s/terraform.tfstate"\n  }\n}\n' "$work" >backend_override.tf
  fi
  [ -e "$work/deployed.json" ] || echo '{}' >"$work/deployed.json"
  remember target "$target"
  remember region "$region"
  [ "$target" = aws ] || remember local_endpoint "$endpoint"
  quietly "$work/init.log" tf init -input=false -reconfigure -no-color
}

# What the next run, or a `terraform apply` by hand in the environment's folder, starts from.
remember() {
  jq --arg name "$1" --arg value "$2" '.[$name] = (if $value == "true" or $value == "false" then $value == "true" else $value end)' \
    "$work/deployed.json" >"$work/deployed.json.new"
  mv "$work/deployed.json.new" "$work/deployed.json"
  cp "$work/deployed.json" "$(configuration)/deployed.auto.tfvars.json"
}
remembered() { jq -r --arg name "$1" '.[$name] // empty' "$work/deployed.json" 2>/dev/null || true; }
output() { tf output -raw "$1" 2>/dev/null || true; }
