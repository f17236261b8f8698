#!/usr/bin/env bash
# Installs what is needed, builds everything and runs every test.
#   tools/test.sh            all tests
#   tools/test.sh -L unit    only some: arguments go to ctest
set -euo pipefail
cd "$(dirname "$0")/.."

tools/install-deps.sh
cmake --preset release >build.log 2>&1 || { cat build.log >&2; exit 1; }
rm -f build.log
cmake --build --preset release
ctest --preset release -j "$(nproc)" "$@"
