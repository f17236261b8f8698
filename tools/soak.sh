#!/usr/bin/env bash
# Soak of the service: mixed load for MINUTES (30), and whether its memory and
# descriptors stay flat.
#
#   tools/soak.sh [MINUTES] [option...]
#
# Builds kenal and kenal-load (release) unless --bin names a folder that holds
# them. Everything is in a folder of its own below TMPDIR, removed at the end.
# --help shows all options and what the exit codes mean.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)

build=yes
for word in "$@"; do
  case $word in --bin | --bin=* | -h | --help) build=no ;; esac
done
if [ "$build" = yes ]; then
  mkdir -p "$root/build"
  log=$root/build/soak-build.log
  if ! (cd "$root" && cmake --preset release &&
    cmake --build --preset release --target kenal kenal-load) >"$log" 2>&1; then
    tail -30 "$log" >&2
    echo "The build failed; all of its output is in $log." >&2
    exit 1
  fi
fi
export PYTHONDONTWRITEBYTECODE=1
exec /usr/bin/python3 "$root/bench/load/soak.py" "$@"
