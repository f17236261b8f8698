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

export PYTHONDONTWRITEBYTECODE=1
exec /usr/bin/python3 "$root/bench/load/soak.py" "$@"
