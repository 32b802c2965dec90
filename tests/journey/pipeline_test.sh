#!/usr/bin/env bash
# The pipeline's stages in the order of the workflow, from a clean clone, against Stratus: the new revision serves. Then with a backend that does not
# start: the stage fails, and the old revision goes on serving without a failed request. Prints "ok - …" or "not ok - …" a check.
set -uo pipefail
# shellcheck source=tests/journey/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
alone
clone=$work/clone
git clone -q "$root" "$clone"
export GITHUB_ACTIONS=
check "Stratus starts" stratus_up
use_stratus
stage() {
  local began=$SECONDS code=0
  (cd "$clone" && "scripts/ci/$1.sh" "${@:2}") || code=$?
  printf '# %s took %d s\n' "$*" $((SECONDS - began)) >&3
  return $code
}
exec 3>&1
running() { (cd "$clone" && scripts/deploy.sh dev images 2>/dev/null) | sed -n 's/^\([a-z]*\)  \([^ ]*\) .*(runs)$/\1=\2/p' | sort | tr '\n' ' '; }

# What runs in the workflow on a machine of its own is here as much as is needed to see it work: scripts/test.sh has linted these sources, and the
# coverage of the platform takes a build of everything.
check "test: unit tests, coverage of C++ and of TypeScript" stage test --app --no-lint
check "it leaves the coverage of C++ and of TypeScript" bash -c "jq -e '.lines > 100 and .percent > 60' '$clone/build/ci/cpp-coverage.json' && grep -q '^LF:' '$clone/build/ci/typescript-coverage/lcov.info'"
check "build: backend, frontend, images" stage build
check "security: nothing is found" stage security
check "it leaves what it found as SARIF" jq -e '.version == "2.1.0" and (.runs[0].results | length) == 0' "$clone/build/ci/keys.sarif"
check "deploy: the new version serves" stage deploy dev
tags=$(running)
hash=$(git -C "$clone" rev-parse --short=7 HEAD)
check "both services run images tagged dev-$hash-<timestamp>" bash -c "[[ '$tags' =~ ^backend=dev-$hash-[0-9]{14}\ frontend=dev-$hash-[0-9]{14}\ $ ]]"
url=$(cd "$clone" && scripts/deploy.sh dev url 2>/dev/null)
check "the application answers" curl -fsS -m 5 "$url/api/careers"

# A key that slipped in is found before anything is built from it.
(cd "$clone" && printf 'key = "%s"\n' "AKIA""QWERTYUIOPASDFGH" >slip.txt && git add slip.txt)
check "security: a key that slipped in is found" bash -c "! (cd '$clone' && scripts/ci/security.sh) >'$work/security' 2>&1 && grep -q '^slip.txt:1: ' '$work/security' && jq -e '.runs[0].results | length == 1' '$clone/build/ci/keys.sarif'"
(cd "$clone" && git rm -qf --cached slip.txt && rm slip.txt)

# A backend that ends at once.
cat >"$work/bad-images" <<TEXT
#!/usr/bin/env bash
set -euo pipefail
"$clone/app/images/build.sh" | grep '^frontend='
mkdir -p '$work/bad/bin'
cp /bin/busybox '$work/bad/bin/false'
printf 'FROM scratch\nCOPY . /\nUSER 10001\nENTRYPOINT ["/bin/false"]\n' >'$work/Badfile'
buildah bud --quiet --isolation chroot --timestamp 0 --file '$work/Badfile' --tag localhost/counselor-bad:latest '$work/bad' >&2
echo backend=localhost/counselor-bad:latest
TEXT
chmod +x "$work/bad-images"
check "build: an image that will not start can be built" env COUNSELOR_IMAGE_BUILDER="$work/bad-images" bash -c "cd '$clone' && scripts/ci/build.sh"
(
  failed=0 asked=0
  while [ ! -e "$work/stop" ]; do
    curl -fsS -m 5 -o /dev/null "$url/api/careers" || failed=$((failed + 1))
    asked=$((asked + 1))
    sleep 0.1
  done
  echo "$failed $asked" >"$work/asked"
) 2>/dev/null &
asking=$!
check "deploy: a version that does not start fails the stage" bash -c "! (cd '$clone' && scripts/ci/deploy.sh dev) 2>&1 | tee '$work/deploy' | grep -q 'serves\$' && grep -q 'does not serve' '$work/deploy'"
touch "$work/stop"
wait $asking
check "the old backend runs" bash -c "[ \"\$(sed 's/ .*//' <<<'$(running)')\" = \"\$(sed 's/ .*//' <<<'$tags')\" ]"
check "no request failed meanwhile ($(cat "$work/asked") failed and asked)" bash -c "read -r failed asked <'$work/asked'; [ \"\$failed\" = 0 ] && [ \"\$asked\" -gt 10 ]"

check "what was deployed is destroyed" bash -c "cd '$clone' && scripts/deploy.sh dev destroy"
[ $failures -eq 0 ]
