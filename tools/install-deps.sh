#!/usr/bin/env bash
# Installs the Debian 12 packages that building and testing Kenal needs.
# Does nothing, in well under a second, when they are there.
set -euo pipefail

packages=(
  # tools
  g++ cmake ninja-build ccache pkg-config python3
  # what Kenal is made of
  libabsl-dev libboost-dev libcli11-dev libcurl4-openssl-dev libfaiss-dev
  libgrpc++-dev libhwy-dev libopenblas-dev libopencv-dev libprotobuf-dev
  librocksdb-dev libseccomp-dev
  libsqlite3-dev libssl-dev libxml2-dev libxxhash-dev nlohmann-json3-dev
  prometheus-cpp-dev protobuf-compiler protobuf-compiler-grpc rapidjson-dev
  # picture codecs
  libgif-dev libheif-dev libjpeg62-turbo-dev libpng-dev libtiff-dev libwebp-dev
  # readers of disk images and archives
  libarchive-dev libbfio-dev libewf-dev libtsk-dev
  # tests and benchmarks
  chromium cpio curl dosfstools e2fsprogs ewf-tools exfatprogs fdisk
  genisoimage gnuplot-nox jq libbenchmark-dev libgmock-dev libgsf-bin
  libgtest-dev libimage-exiftool-perl lz4 mtools nodejs ntfs-3g openssl
  p7zip-full python3-grpcio python3-h2 python3-protobuf zstd
  # fuzzing
  clang-14 libclang-rt-14-dev
)
# Node comes with its own npm in other packagings; Debian's would not go with it.
command -v npm >/dev/null || packages+=(npm)

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -eq 0 ]; then
  as_root=()
elif command -v sudo >/dev/null; then
  as_root=(sudo)
else
  echo "Kenal needs these Debian packages, and this user is neither root nor has sudo:" >&2
  echo "  apt-get install ${missing[*]}" >&2
  echo "Ask an administrator to run that line, then start this script again." >&2
  exit 1
fi

echo "Installing ${#missing[@]} Debian packages ..." >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { "${as_root[@]}" apt-get update &&
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1
then
  tail -20 "$log" >&2
  echo "Installing packages failed (the end of apt-get's output is above)." >&2
  exit 1
fi
