#!/usr/bin/env bash
# Sets Kenal up on a Debian 12 machine and shows its main job on real
# photographs: list some, alter copies of them, ask a running service about
# all of these and about pictures that are not listed.
#
# Everything it makes is below build/; nothing is left running. The list of
# the show has the purpose `test`, so that hits read TEST: its pictures are
# wallpapers.
set -euo pipefail
cd "$(dirname "$0")/.."

bin=build/release/bin
show=build/quickstart
photos=$show/photos
packages=(mate-backgrounds gnome-backgrounds plasma-workspace-wallpapers)
works_shown=4

step() { printf '\n== %s\n' "$*"; }

step "Debian packages"
tools/install-deps.sh

step "Build (release)"
mkdir -p build
if ! { cmake --preset release &&
  cmake --build --preset release --target kenal kenal-decoder kenal-demo; } \
  >build/quickstart-build.log 2>&1; then
  tail -30 build/quickstart-build.log
  echo "The build failed; all of its output is in build/quickstart-build.log." >&2
  exit 1
fi
echo "kenal is $bin/kenal"

step "Photographs"
if [ ! -e "$photos/complete" ]; then
  rm -rf "$photos"
  mkdir -p "$photos"
  for package in "${packages[@]}"; do
    echo "fetching $package"
    (cd "$photos" && apt-get download -qq "$package" 2>../apt.log) || {
      cat "$show/apt.log" >&2
      echo "apt-get could not fetch $package; try 'apt-get update' as root," \
        "then start this script again." >&2
      exit 1
    }
    dpkg -x "$photos/$package"_*.deb "$photos"
    rm "$photos/$package"_*.deb
  done
  touch "$photos/complete"
fi
"$bin/kenal-demo" pick "$photos/usr/share" "$show"
"$bin/kenal-demo" copies "$show/listed" "$show/copies"
echo "$(ls "$show/listed" | wc -l) pictures to list," \
  "$(ls "$show/copies" | wc -l) copies of them to ask about," \
  "$(ls "$show/unlisted" | wc -l) pictures that are not listed"
echo "(from Debian's ${packages[*]}; licences in $photos/usr/share/doc/*/copyright)"

step "A store with one list"
unset KENAL_SERVER
export KENAL_DATA=$show/store
rm -rf "$KENAL_DATA"
"$bin/kenal" init
"$bin/kenal" list create demo --purpose test
"$bin/kenal" ingest --list demo --source "quickstart" "$show/listed/"*

step "The service"
socket_folder=$(mktemp -d)
socket=$socket_folder/kenal.sock
server=""
stop_server() {
  if [ -n "$server" ]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    server=""
  fi
  rm -rf "$socket_folder"
}
trap stop_server EXIT
trap 'exit 130' INT TERM
"$bin/kenal" serve --listen "unix:$socket" >"$show/serve.log" 2>&1 &
server=$!
for _ in $(seq 100); do
  [ -S "$socket" ] && break
  kill -0 "$server" 2>/dev/null || { cat "$show/serve.log" >&2; exit 1; }
  sleep 0.1
done
[ -S "$socket" ] || { echo "kenal serve did not start:"; cat "$show/serve.log"; exit 1; } >&2
echo "kenal serve answers gRPC at unix:$socket"

step "Asked over gRPC"
started=$(date +%s%N)
"$bin/kenal" match --server "unix:$socket" --json \
  "$show/copies" "$show/unlisted/"* >"$show/answers.jsonl"
asked=$(wc -l <"$show/answers.jsonl")
took_ms=$((($(date +%s%N) - started) / 1000000))
"$bin/kenal-demo" table --works "$works_shown" "$show/answers.jsonl"
echo
echo "$asked pictures in $took_ms ms, reading and decoding included." \
  "The first $works_shown of each kind are shown; all of them:"
echo "  $bin/kenal-demo table $show/answers.jsonl"

stop_server

step "Next"
cat <<EOF
The server has been stopped. The store is in $KENAL_DATA; with your own files:

  export KENAL_DATA=~/kenal PATH="\$PWD/$bin:\$PATH"
  kenal init
  kenal list create mine --purpose test
  kenal ingest --list mine ~/Pictures        # list a folder
  kenal match ~/Downloads/*.jpg              # which of these are known?
  kenal hash --json --dihedral FILE | kenal query   # only hashes travel
  kenal serve                                # answer others over gRPC
  kenal --help
EOF
