#!/usr/bin/env bash
# Packs Kenal and everything it needs into one tar, for machines without a
# network and without Debian's packages:
#
#   tools/bundle.sh [--bin FOLDER] [--out FILE.tar]
#   tools/bundle.sh [--bin FOLDER] --folder FOLDER     unpacked instead
#
# --bin is build/release/bin unless given. The tar holds the programs, all
# shared libraries that they load with glibc and its loader, the copyright
# files of the packages those come from, and the documentation; it needs
# nothing of the machine but a Linux kernel and /bin/sh (docs/air-gapped.md).
# The same programs and packages make the same bytes.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)

die() {
  echo "bundle.sh: $*" >&2
  exit 1
}

bin=$root/build/release/bin
out=
folder=
while [ $# -gt 0 ]; do
  [ $# -ge 2 ] || die "$1 needs a value, or is no option"
  case $1 in
    --bin) bin=$2 ;;
    --out) out=$2 ;;
    --folder) folder=$2 ;;
    *) die "no such option: $1" ;;
  esac
  shift 2
done
[ -x "$bin/kenal" ] || die "$bin/kenal: there is none; build the release first"

version=$("$bin/kenal" version | head -n 1 | grep -oE '[0-9]+(\.[0-9]+)+' | head -n 1)
name=kenal-$version-$(dpkg --print-architecture)
umask 022
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/$name
mkdir -p "$tree"/{docs,lib,libexec,licences,programs}

programs=()
for program in kenal kenal-decoder kenal-opener kenal-calibrate; do
  [ -x "$bin/$program" ] || continue
  programs+=("$program")
  cp "$bin/$program" "$tree/programs/$program"
done

# Lines NAME PATH of every library; the loader names itself by its path.
libraries() {
  for program in "${programs[@]}"; do
    ldd "$bin/$program"
  done | awk '
    /not found/ { print "missing", $1; next }
    $2 == "=>" { print $1, $3 }
    $1 ~ /^\// { n = split($1, part, "/"); print part[n], $1 }' | sort -u
}

# Lines PATH PACKAGE for those paths of libraries that dpkg knows: it may know
# one by either side of /usr, by its own name or by what a link leads to.
owners() {
  local path real
  while read -r _ path; do
    real=$(readlink -f "$path")
    printf '%s\n' "$path" "$real" "/usr$path" "${real#/usr}"
  done | sort -u | xargs dpkg-query -S 2>/dev/null | sed -E 's/^([^ ]+): (.*)/\2 \1/' || true
}

loader=
libraries >"$work/libraries"
declare -A owner=() packages=()
while read -r path package; do owner[$path]=$package; done < <(owners <"$work/libraries")
while read -r library path; do
  [ "$library" != missing ] || die "$path: a library that is not there"
  case $library in
    ld-*) loader=$library && cp -L "$path" "$tree/libexec/$library" ;;
    *) cp -L "$path" "$tree/lib/$library" ;;
  esac
  chmod 755 "$tree"/lib*/"$library"
  real=$(readlink -f "$path")
  package=${owner[$path]:-${owner[$real]:-${owner[/usr$path]:-${owner[${real#/usr}]:-}}}}
  [ -n "$package" ] || die "$path: comes from no package, so its licence is unknown"
  packages[$package]=1
done <"$work/libraries"
[ -n "$loader" ] || die "no loader among the libraries"

for package in "${!packages[@]}"; do
  copyright=/usr/share/doc/${package%%:*}/copyright
  [ -e "$copyright" ] || die "$copyright: there is none"
  mkdir -p "$tree/licences/${package%%:*}"
  cp -L "$copyright" "$tree/licences/${package%%:*}/copyright"
done
dpkg-query -W -f='${Package} ${Version} (source ${source:Package} ${source:Version})\n' \
  "${!packages[@]}" | LC_ALL=C sort >"$tree/licences/PACKAGES"

# A script that starts programs/$1 with the libraries of this tree; `up` leads
# from the script's folder to the tree.
write_script() {
  local script=$1 program=$2 up=$3
  cat >"$script" <<SCRIPT
#!/bin/sh
case \$0 in
  */*) self=\$0 ;;
  *) self=\$(command -v -- "\$0") ;;
esac
[ ! -L "\$self" ] || self=\$(readlink -f -- "\$self")
here=\$(CDPATH= cd -P -- "\${self%/*}$up" && pwd -P) || exit 127
export KENAL_DECODER="\${KENAL_DECODER:-\$here/libexec/kenal-decoder}"
export KENAL_OPENER="\${KENAL_OPENER:-\$here/libexec/kenal-opener}"
exec "\$here/libexec/$loader" --inhibit-cache --library-path "\$here/lib" \\
  "\$here/programs/$program" "\$@"
SCRIPT
  chmod 755 "$script"
}
write_script "$tree/kenal" kenal ""
# Beside the loader, which is where a program that it runs finds itself.
for program in "${programs[@]:1}"; do
  write_script "$tree/libexec/$program" "$program" /..
done

cp "$root"/docs/*.md "$tree/docs/"
cp "$root/README.md" "$tree/docs/README.md"
sed "s/@VERSION@/$version/g" >"$tree/README" <<'README'
Kenal @VERSION@ for machines without a network.

  ./kenal version
  ./kenal hash picture.jpg
  ./kenal --help

Nothing is installed and nothing outside this folder is needed but a Linux
kernel and /bin/sh. Keep the folder together; a link to ./kenal may be
anywhere. docs/air-gapped.md says more.

  sha256sum --check --quiet SHA256SUMS        is everything as it was packed?

licences/ has the copyright files of the Debian packages whose libraries are
in lib/, and licences/PACKAGES their versions, by which Debian gives out their
sources (https://snapshot.debian.org).
README
(cd "$tree" && find . -type f ! -name SHA256SUMS -printf '%P\0' | LC_ALL=C sort -z |
  xargs -0 sha256sum >"$work/sums" && mv "$work/sums" SHA256SUMS)
find "$tree" -type f ! -perm /111 -exec chmod 644 {} +

if [ -n "$folder" ]; then
  mkdir -p "$folder"
  [ -z "$(ls -A "$folder")" ] || die "$folder: is not empty"
  cp -a "$tree/." "$folder/"
  exit 0
fi
: "${out:=$root/build/$name.tar}"
epoch=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || echo 0)}
LC_ALL=C tar --create --file "$out.part" --directory "$work" --format=gnu \
  --sort=name --mtime="@$epoch" --owner=0 --group=0 --numeric-owner "$name"
mv "$out.part" "$out"
printf '%s: %s MB, %s libraries of %s packages\n' "$out" \
  "$(($(stat -c %s "$out") / 1000000))" "$(find "$tree/lib" -type f | wc -l)" "${#packages[@]}"
sha256sum "$out"
