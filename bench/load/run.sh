#!/usr/bin/env bash
# The measured table of the service, in one command:
#
#   bench/load/run.sh [--entries N] [--quick] [option...]
#
# Builds kenal and kenal-load (release) unless --bin names a folder that holds
# them, makes a store of random hashes in a folder of its own below TMPDIR,
# serves it over mutual TLS, measures, and removes the folder. Results go to
# bench/results, those of a --quick look to build/load: service.json, service.md
# and service.png. About ten minutes for a million entries; --help shows all
# options. Needs python3-h2, python3-grpcio and gnuplot (tools/install-deps.sh).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)

build=yes
for word in "$@"; do
  case $word in --bin | --bin=* | -h | --help) build=no ;; esac
done
if [ "$build" = yes ]; then
  mkdir -p "$root/build"
  log=$root/build/load-build.log
  if ! (cd "$root" && cmake --preset release &&
    cmake --build --preset release --target kenal kenal-load) >"$log" 2>&1; then
    tail -30 "$log" >&2
    echo "The build failed; all of its output is in $log." >&2
    exit 1
  fi
fi
export PYTHONDONTWRITEBYTECODE=1
exec /usr/bin/python3 "$here/run.py" "$@"
