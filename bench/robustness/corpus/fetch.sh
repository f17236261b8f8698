#!/usr/bin/env bash
# Fetches the benign pictures that the robustness measurements use and puts
# them into FOLDER/photographs and FOLDER/graphics:
#
#   bench/robustness/corpus/fetch.sh FOLDER
#
# photographs.txt and graphics.txt beside this script say which pictures of
# which Debian 12 packages these are. Nothing is installed and root is not
# needed. A picture is named PACKAGE__PATH, with each / and space of the path
# turned into _. Copyright files go to FOLDER/licences. When stopped or when a
# download fails, the next start goes on with the packages that are missing.
set -euo pipefail
if [ $# -ne 1 ]; then
  echo "usage: $0 FOLDER" >&2
  exit 2
fi
lists=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
folder=$(cd "$1" && pwd)
sets=(photographs graphics)
mkdir -p "${sets[@]/#/$folder/}" "$folder/licences"

for tool in apt-get dpkg; do
  command -v "$tool" >/dev/null || {
    echo "$tool is needed: the pictures come from Debian 12 packages." >&2
    exit 1
  }
done

work=$(mktemp -d "$folder/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# Lines SET, PACKAGE, PATH, NAME of every listed picture, tabs between.
for set in "${sets[@]}"; do
  awk -F '\t' -v OFS='\t' -v set="$set" '!/^#/ && NF == 2 {
    name = $1 "__" $2
    gsub(/[\/ ]/, "_", name)
    print set, $1, $2, name
  }' "$lists/$set.txt"
done >"$work/all"

absent() {
  while IFS=$'\t' read -r set package path name; do
    [ -s "$folder/$set/$name" ] ||
      printf '%s\t%s\t%s\t%s\n' "$set" "$package" "$path" "$name"
  done <"$work/all"
}

absent >"$work/absent"
cut -f2 "$work/absent" | sort -u >"$work/packages"
count=$(wc -l <"$work/packages")
at=0
while IFS= read -r package; do
  at=$((at + 1))
  echo "fetching $package ($at of $count)"
  mkdir "$work/unpacked"
  (cd "$work" && apt-get download -qq "$package" 2>apt.log </dev/null) || {
    cat "$work/apt.log" >&2
    echo "apt-get could not fetch $package; try 'apt-get update' as root," \
      "then start this script again." >&2
    exit 1
  }
  dpkg -x "$work/$package"_*.deb "$work/unpacked"
  awk -F '\t' -v package="$package" '$2 == package' "$work/absent" |
    while IFS=$'\t' read -r set _ path name; do
      [ -f "$work/unpacked/$path" ] || continue
      cp "$work/unpacked/$path" "$work/picture"
      mv "$work/picture" "$folder/$set/$name"
    done
  copyright=$work/unpacked/usr/share/doc/$package/copyright
  [ ! -f "$copyright" ] || cp "$copyright" "$folder/licences/$package"
  rm -rf "$work/unpacked" "$work/$package"_*.deb
done <"$work/packages"

absent >"$work/absent"
for set in "${sets[@]}"; do
  listed=$(grep -c "^$set"$'\t' "$work/all" || true)
  lacking=$(grep -c "^$set"$'\t' "$work/absent" || true)
  echo "$folder/$set: $((listed - lacking)) of $listed pictures"
  awk -F '\t' -v set="$set" '$1 == set { print $4 }' "$work/all" |
    sort >"$work/names"
  others=$(ls -A "$folder/$set" | sort | comm -13 "$work/names" - | wc -l)
  [ "$others" -eq 0 ] ||
    echo "$folder/$set: $others other files, not of this corpus" >&2
done
if [ -s "$work/absent" ]; then
  echo "The packages fetched are of another version: these are not in them" >&2
  awk -F '\t' '{ print "  " $2 ": " $3 }' "$work/absent" >&2
  exit 1
fi
