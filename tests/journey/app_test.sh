#!/usr/bin/env bash
# The app as people meet it: Chromium through the load balancer of a dev environment, first without a model's key, then with one. The model's service stands
# in the internet namespace, behind TLS, under a name that the VPC's resolver knows. Prints "ok - …" or "not ok - …" a check. Screenshots: build/test-artifacts/browser.
set -uo pipefail
# shellcheck source=tests/journey/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=tests/browser/tests.sh
. "$root/tests/browser/tests.sh"
export artifacts=${artifacts:-$root/build/test-artifacts}
deploy() { "$root/scripts/deploy.sh" dev "$@"; }
place=$tag-models key=sk-test-$(openssl rand -hex 12)
pids=() walks=()

# The model's service: a host of its own in the documentation's network 203.0.113.0/24, one link away from the internet namespace.
model_starts() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=An authority" -keyout "$work/ca.key" -out "$work/ca.pem" &&
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=api.models.example" -addext "subjectAltName=DNS:api.models.example" \
      -CA "$work/ca.pem" -CAkey "$work/ca.key" -keyout "$work/models.key" -out "$work/models.pem" || return
  ip netns add "$place" && ip -n "$tag-internet" link add models type veth peer name eth0 netns "$place" || return
  ip -n "$tag-internet" addr add 203.0.113.1/24 dev models && ip -n "$tag-internet" link set models up || return
  ip -n "$place" addr add 203.0.113.10/24 dev eth0 && ip -n "$place" link set lo up && ip -n "$place" link set eth0 up && ip -n "$place" route add default via 203.0.113.1 || return
  : >"$UPSTREAM_LOG"
  UPSTREAM_CERT=$work/models.pem UPSTREAM_CERT_KEY=$work/models.key UPSTREAM_KEY=$key \
    ip netns exec "$place" node "$root/tests/browser/upstream.mjs" 443 203.0.113.10 >"$work/upstream.out" 2>&1 &
  pids+=($!)
  local zone
  zone=$(aws route53 create-hosted-zone --name models.example --caller-reference "$key" --query HostedZone.Id --output text) &&
    aws route53 change-resource-record-sets --hosted-zone-id "$zone" --change-batch \
      '{"Changes":[{"Action":"CREATE","ResourceRecordSet":{"Name":"api.models.example","Type":"A","TTL":60,"ResourceRecords":[{"Value":"203.0.113.10"}]}}]}' &&
    until_true 20 ip netns exec "$place" curl -sS -m 5 -o /dev/null --cacert "$work/ca.pem" --resolve api.models.example:443:203.0.113.10 https://api.models.example/
}
model_stops() {
  local pid
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; done
  ip netns del "$place" 2>/dev/null
}

alone
trap 'model_stops; cleanup' EXIT
export UPSTREAM_LOG=$work/upstream.log UPSTREAM_RELEASE=$work/release
check "Chromium is installed" test -x "${CHROMIUM:-/usr/bin/chromium}" || exit 1
rm -rf "$artifacts/browser"

took() { printf '# %s: %d s\n' "$1" $((SECONDS - began)); }
began=$SECONDS
check "deploy.sh dev apply succeeds without a key" env -u OPENAI_API_KEY "$root/scripts/deploy.sh" dev apply || exit 1
took "apply without a key"
use_stratus
url=$(deploy url 2>/dev/null | tail -n 1)
image=$(aws ecs describe-task-definition --task-definition counselor-dev-backend --query 'taskDefinition.containerDefinitions[0].image' --output text)
check "a service that speaks OpenAI's protocol stands in the internet namespace, behind TLS" model_starts || exit 1

began=$SECONDS
WITHOUT_KEY_URL=$url browser_tests without_key.test.mjs
failures=$((failures + $?))
took "walks without a key"

# What the frontend is judged by does not need the backend: it is looked at while the backend gets its key.
BASE_URL=$url browser_tests safety.test.mjs >"$work/safety.tap" 2>&1 &
safety=$!
began=$SECONDS
check "deploy.sh dev apply succeeds with a key" env OPENAI_API_KEY="$key" TF_VAR_openai_base_url=https://api.models.example/v1 TF_VAR_openai_ca_pem="$(cat "$work/ca.pem")" \
  "$root/scripts/deploy.sh" dev apply --image-tag "${image##*:}" || exit 1
took "apply with a key"
wait $safety
failures=$((failures + $?))
cat "$work/safety.tap"
check "the page says that everything works" until_true 60 bash -c "curl -fsS -m 5 '$url/api/config' | jq -e .model.available"

began=$SECONDS
for size in phone desktop; do
  BASE_URL=$url SIZES=$size browser_tests walk.test.mjs >"$work/$size.tap" 2>&1 &
  walks+=($!)
done
for walk in "${walks[@]}"; do
  wait "$walk"
  failures=$((failures + $?))
done
cat "$work/phone.tap" "$work/desktop.tap"
took "walks with a key"
began=$SECONDS
BASE_URL=$url browser_tests faults.test.mjs
failures=$((failures + $?))
took "faults"

nat=$(aws ec2 describe-nat-gateways --filter Name=state,Values=available --query 'NatGateways[0].NatGatewayAddresses[0].PublicIp' --output text)
# shellcheck disable=SC2016  # jq's variable
check "every question came from the NAT gateway's address, by TLS, with the key" jq -es --arg nat "$nat" \
  'map(select(.event == "asked" and .words != "")) | length > 20 and all(.from == $nat and .tls and .known and .path == "/v1/chat/completions")' "$UPSTREAM_LOG"
check "the key is in no state, no task definition and no log" bash -c "! grep -rqF '$key' '${COUNSELOR_STATE_DIR:-/var/lib/counselor}' && ! aws ecs describe-task-definition --task-definition counselor-dev-backend | grep -qF '$key' &&
  aws logs filter-log-events --log-group-name /ecs/counselor-dev --log-stream-name-prefix backend --output json >'$work/logs' && grep -q /api/chat '$work/logs' && ! grep -qF '$key' '$work/logs'"

# What nobody should send, through the load balancer: a clear answer, and the next one is served.
ask() { curl -sS -m 20 -o "$work/answer" -w '%{http_code}' "$@"; }
export -f ask
export work
head -c 104857600 /dev/zero >"$work/large.pdf"
check "100 MB are refused before they are read" bash -c "[ \"\$(ask -H 'Content-Type: application/pdf' --data-binary @'$work/large.pdf' '$url/api/resume/review' 2>/dev/null)\" = 413 ] && jq -e '.status == 413' '$work/answer'"
check "JSON that is none is told so" bash -c "[ \"\$(ask -H 'Content-Type: application/json' -d '{\"messages\":' '$url/api/chat')\" = 400 ] && jq -e .detail '$work/answer'"
check "a field that is wrong is named" bash -c "[ \"\$(ask -H 'Content-Type: application/json' -d '{\"messages\":[]}' '$url/api/chat')\" = 422 ] && jq -e '.errors[0].pointer == \"/messages\"' '$work/answer'"
check "who asks too often is told when to come back, and still served elsewhere" bash -c "for i in \$(seq 40); do [ \"\$(ask -D '$work/head' -H 'Content-Type: application/json' -d '{\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}' '$url/api/chat')\" != 429 ] || break; done
  grep -qi '^retry-after: [0-9]' '$work/head' && jq -e '.type == \"/problems/rate-limit\"' '$work/answer' && [ \"\$(ask '$url/api/careers')\" = 200 ]"
check "there are screenshots of every page at phone, tablet and desktop size" bash -c "for size in phone tablet desktop; do [ \$(find '$artifacts/browser' -name \"*-\$size-light.png\" | wc -l) -ge 15 ] || { ls '$artifacts/browser'; exit 1; }; done"

check "deploy.sh dev destroy succeeds" deploy destroy
[ $failures -eq 0 ]
