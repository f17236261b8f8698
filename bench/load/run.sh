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

export PYTHONDONTWRITEBYTECODE=1
exec /usr/bin/python3 "$here/run.py" "$@"
