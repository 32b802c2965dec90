# shellcheck shell=bash
# The model's key: from the caller's environment straight into Secrets Manager. It is in no plan, no state, no log and on no command line.

secret_name() { printf 'counselor-%s-openai-api-key' "$environment"; }
secret_value() { aws secretsmanager get-secret-value --secret-id "$(secret_name)" --query SecretString --output text 2>/dev/null; }

# Tasks are given the secret once it has a value; a new value reaches them with new tasks.
store_key() {
  key_changed=no
  local stored
  stored=$(secret_value) || stored=""
  if [ -n "${OPENAI_API_KEY:-}" ] && [ "$OPENAI_API_KEY" != "$stored" ]; then
    step "storing the key of the model in Secrets Manager"
    printf '%s' "$OPENAI_API_KEY" | aws secretsmanager put-secret-value --secret-id "$(secret_name)" --secret-string file:///dev/stdin >/dev/null ||
      die "the key could not be stored"
    [ -n "$stored" ] && key_changed=yes
    stored=$OPENAI_API_KEY
  fi
  if [ -n "$stored" ]; then
    remember openai_key_stored true
  else
    remember openai_key_stored false
    say "note: no OPENAI_API_KEY is set: the application serves everything that needs no model"
  fi
}
