#!/usr/bin/env bash
# Stage 1: dependencies, linting, unit tests, coverage of C++ and TypeScript. No kernel tests and no journeys: those need a machine of one's own,
# and only scripts/test.sh, which runs them too, records that the tests pass.
#   --app       only the application's own C++ tests and their coverage (the platform's take a full build)
#   --no-lint   without linting: where scripts/test.sh has done it on the same sources
set -euo pipefail
# shellcheck source=scripts/ci/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

folder="" lint=yes
for word in "$@"; do
  case "$word" in
    --app) folder=app/backend ;;
    --no-lint) lint=no ;;
    *) usage_error "takes --app and --no-lint, but got: $*" ;;
  esac
done
coverage=$root/build/coverage

group "install dependencies"
scripts/setup.sh
(cd app/frontend && { [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --no-audit --no-fund; })
end_group

if [ $lint = yes ]; then
  group "lint"
  scripts/test.sh shell format
  end_group
fi

group "C++: unit tests"
[ -e "$coverage/build.ninja" ] || cmake --preset coverage >"$ci/configure.log"
quietly "$ci/coverage-build.log" cmake --build "$coverage" --target "${folder:+$folder/}all"
find "$coverage" -name '*.gcda' -delete
ctest --test-dir "$coverage${folder:+/$folder}" -LE kernel -j2 --output-on-failure --no-tests=error --output-junit "$ci/cpp-junit.xml" >&2
end_group

group "C++: coverage"
python3 scripts/ci/coverage.py "$coverage${folder:+/$folder}" --root "$root" --json "$ci/cpp-coverage.json" --least "${COUNSELOR_LEAST_COVERAGE:-60}"
end_group

group "TypeScript: unit tests and coverage"
(
  cd app/frontend
  # The provider goes with the runner's version; where the client does not depend on it, it is there for this run only.
  if [ ! -d node_modules/@vitest/coverage-v8 ]; then
    npm install --no-save --no-audit --no-fund "@vitest/coverage-v8@$(node -p 'require("vitest/package.json").version')" >&2
  fi
  npx vitest run --coverage.enabled --coverage.provider=v8 --coverage.include='src/**' --coverage.reporter=text-summary --coverage.reporter=lcov \
    --coverage.reportsDirectory="$ci/typescript-coverage" >&2
)
end_group
step "the tests of this stage passed"
