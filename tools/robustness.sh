#!/usr/bin/env bash
# Measures how robust matching is on your own pictures:
#
#   tools/robustness.sh DIR [OUT] [option...]
#   tools/robustness.sh                 on the corpus of the project instead
#
# Every picture below DIR is altered in memory in many ways (re-encoded,
# cropped, framed, put into a screenshot, turned ...), each copy is looked for,
# and pictures that are taken for one another are counted. Results go to OUT
# (build/robustness/own or build/robustness/corpus-results): results.md,
# results.json and recall.png. Of the pictures nothing is written, and nothing
# leaves this machine. Pictures are decoded without the sandbox here: use
# pictures that you trust.
#
# Options go to robustness_bench: --sample N for a quick look, --side 1600,
# --graphics FOLDER, --image-hashes N; --help shows them all.
set -euo pipefail

if [ "${1:-}" = --help ] || [ "${1:-}" = -h ]; then
  sed -n '2,/^set -/{/^set -/!s/^# \{0,1\}//p}' "$0"
  exit 0
fi

pictures=""
out=""
if [ $# -gt 0 ] && [ "${1#-}" = "$1" ]; then
  pictures=$(cd "$1" && pwd) || exit 2
  shift
  if [ $# -gt 0 ] && [ "${1#-}" = "$1" ]; then
    mkdir -p "$1"
    out=$(cd "$1" && pwd)
    shift
  fi
fi
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*" >&2; }

step "Debian packages"
tools/install-deps.sh

step "Build (release)"
mkdir -p build
if ! { cmake --preset release &&
  cmake --build --preset release --target robustness_bench; } \
  >build/robustness-build.log 2>&1; then
  tail -30 build/robustness-build.log >&2
  echo "The build failed; all of its output is in build/robustness-build.log." >&2
  exit 1
fi

options=()
if [ -z "$pictures" ]; then
  step "Pictures of the corpus"
  corpus=build/robustness/corpus
  bench/robustness/corpus/fetch.sh "$corpus" >&2
  pictures=$corpus/photographs
  out=build/robustness/corpus-results
  options+=(--graphics "$corpus/graphics" --image-hashes 100)
fi
: "${out:=build/robustness/own}"

step "Measuring"
build/release/bin/robustness_bench "$pictures" --out "$out" \
  --threads "$(nproc)" "${options[@]}" "$@"

gnuplot -c bench/robustness/plot_recall.gp "$out/recall.dat" "$out/recall.png"
echo "Plot: $out/recall.png"
