#!/usr/bin/env bash
# Installs what is needed, builds everything and runs every test.
#   tools/test.sh            all tests, and first some fuzzing, from one seed
#                            and the committed corpus: the same in every run
#                            (tools/fuzz.sh is for campaigns)
#   tools/test.sh -L unit    only some: arguments go to ctest
set -euo pipefail
cd "$(dirname "$0")/.."

configure() {
  local log
  log=$(mktemp)
  cmake --preset "$1" >"$log" 2>&1 || { cat "$log" >&2; rm "$log"; exit 1; }
  rm "$log"
}

tools/install-deps.sh
if [ $# -eq 0 ]; then
  configure fuzz
  cmake --build --preset fuzz --target kenal_fuzz
  ctest --test-dir build/fuzz -R '^(container|decode|formats)_[a-z0-9_]*_fuzz$' \
    -j "$(nproc)" --output-on-failure
fi
configure release
cmake --build --preset release
ctest --preset release -j "$(nproc)" "$@"
