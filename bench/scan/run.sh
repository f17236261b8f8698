#!/usr/bin/env bash
# The measured table of `kenal scan`, in one command:
#
#   bench/scan/run.sh [--quick] [--photographs FOLDER] [--only NAME...] [...]
#
# Makes a store and a benign evidence set in a folder of its own below TMPDIR
# (up to 28 GB; --quick: 0.2 GB), measures, and removes the folder. Uses the
# programs of build/release unless --bin names a folder that holds them.
# Results go to bench/results/scan.md and scan.json, those of a --quick look to
# build/scan. An hour, two minutes with --quick; --help shows all options.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

export PYTHONDONTWRITEBYTECODE=1
exec /usr/bin/python3 "$here/run.py" "$@"
