#!/usr/bin/env bash
# Fuzzes the readers of hostile bytes from random seeds:
#
#   tools/fuzz.sh                     five minutes for each target
#   tools/fuzz.sh SECONDS             so long for each target
#   tools/fuzz.sh SECONDS TARGET...   only these, such as formats_vics
#   tools/fuzz.sh --list              the names of the targets
#
# The targets run one after the other, for as long as they are told and not
# beyond the first failure. Inputs that reach new code stay in
# build/fuzz/found/TARGET and are where the next campaign begins; inputs that
# fail stay in build/fuzz/failed. The end names each, with the seed and the
# command that runs it again. Exit 1 when a target failed.
#
# An input worth keeping goes into the committed corpus of its target
# (tests/decode/fuzz/corpus, tests/formats/fuzz/corpus), from where every run of
# tools/test.sh begins.
set -euo pipefail

usage() { sed -n '2,/^set -/{/^set -/!s/^# \{0,1\}//p}' "$0"; }
case ${1:-} in
  --help | -h)
    usage
    exit 0
    ;;
  --list)
    list=yes
    shift
    ;;
esac
seconds=${1:-300}
if ! [[ $seconds =~ ^[1-9][0-9]{0,6}$ ]]; then
  usage >&2
  exit 2
fi
shift || true
cd "$(dirname "$0")/.."

build=build/fuzz
failed=$build/failed
log=$build/fuzz.log

tools/install-deps.sh
mkdir -p "$build" "$failed"
rm -f "$build"/bin/*.fuzz
if ! cmake --preset fuzz >"$log" 2>&1; then
  tail -n 40 "$log" >&2
  exit 2
fi
# One file a target: its options, then its corpus.
known=()
for file in "$build"/bin/*_fuzz.fuzz; do
  known+=("$(basename "$file" _fuzz.fuzz)")
done
if [ -n "${list:-}" ]; then
  printf '%s\n' "${known[@]}"
  exit 0
fi
targets=("$@")
[ $# -gt 0 ] || targets=("${known[@]}")
for target in "${targets[@]}"; do
  if ! [ -f "$build/bin/${target}_fuzz.fuzz" ]; then
    echo "no target $target; see tools/fuzz.sh --list" >&2
    exit 2
  fi
done

programs=("${targets[@]/%/_fuzz}")
echo "== building; $log" >&2
if ! cmake --build --preset fuzz --target "${programs[@]}" >>"$log" 2>&1; then
  tail -n 40 "$log" >&2
  exit 2
fi

summary=()
status=0
for target in "${targets[@]}"; do
  seed=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')
  [ "$seed" != 0 ] || seed=1  # libFuzzer takes 0 for none.
  found=$build/found/$target
  mkdir -p "$found"
  log=$build/fuzz-$target.log
  echo "== $target: $seconds s from seed $seed; $log" >&2
  program=$build/bin/${target}_fuzz
  { read -ra options && read -r corpus; } <"$program.fuzz"
  before=$(find "$found" -type f | wc -l)
  result=0
  "$program" "${options[@]}" -seed="$seed" -max_total_time="$seconds" \
    -artifact_prefix="$failed/$target-" "$found" "$corpus" \
    >"$log" 2>&1 || result=$?
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  after=$(find "$found" -type f | wc -l)
  if [ "$result" -eq 0 ]; then
    summary+=("$target: ok, ${runs:-?} runs, $((after - before)) inputs kept")
    continue
  fi
  status=1
  summary+=("$target: FAILED, seed $seed, exit $result; see $log")
  while read -r input; do
    summary+=("  input  $input"
              "  again  $program ${options[*]} $input")
  done < <(sed -n 's/.*Test unit written to //p' "$log")
done
printf '%s\n' "" "${summary[@]}"
exit "$status"
