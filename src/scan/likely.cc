#include "src/scan/likely.h"

#include <algorithm>
#include <array>
#include <string>

namespace kenal::scan {
namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

template <size_t kCount>
bool IsAmong(const std::array<std::string_view, kCount>& words,
             std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

constexpr std::array<std::string_view, 8> kCameraFolders = {
    "dcim",     "camera",   "camera roll",    "100media",
    "100andro", "100apple", "camera uploads", "photos library.photoslibrary"};
constexpr std::array<std::string_view, 14> kMessengerFolders = {
    "whatsapp",
    "com.whatsapp",
    "telegram",
    "telegram desktop",
    "org.telegram.messenger",
    "signal",
    "org.thoughtcrime.securesms",
    "viber",
    "com.viber.voip",
    "wechat",
    "com.tencent.mm",
    "kik",
    "kik.android",
    "discord"};
constexpr std::array<std::string_view, 14> kDownloadFolders = {
    "download", "downloads",   "desktop",        "pictures", "photos",
    "images",   "my pictures", "videos",         "movies",   "screenshots",
    "incoming", "received",    "saved pictures", "torrents"};
constexpr std::array<std::string_view, 9> kCacheFolders = {
    ".thumbnails", "thumbnails", "cache",
    "caches",      "cache2",     "cache_data",
    "explorer",    "thumbcache", "temporary internet files"};
constexpr std::array<std::string_view, 13> kSystemFolders = {
    "windows",      "program files", "program files (x86)",
    "programdata",  "usr",           "lib",
    "boot",         "proc",          "sys",
    "node_modules", "winsxs",        ".git",
    "site-packages"};

constexpr std::array<std::string_view, 21> kPictureEndings = {
    "jpg", "jpeg", "jpe",  "jfif", "png",  "webp", "gif",
    "bmp", "tif",  "tiff", "heic", "heif", "avif", "jp2",
    "jxl", "dng",  "cr2",  "nef",  "arw",  "orf",  "psd"};
constexpr std::array<std::string_view, 33> kContainerEndings = {
    "zip",  "7z",  "rar", "tar", "gz",   "tgz",  "bz2",  "xz",   "zst",
    "cab",  "iso", "db",  "pdf", "docx", "pptx", "xlsx", "odt",  "epub",
    "apk",  "mp4", "mov", "avi", "mkv",  "wmv",  "mpg",  "mpeg", "3gp",
    "webm", "flv", "m4v", "e01", "img",  "dd"};

Rank RankOfName(const std::string& name) {
  if (IsAmong(kCameraFolders, name)) return Rank::kCamera;
  if (IsAmong(kMessengerFolders, name)) return Rank::kMessenger;
  if (IsAmong(kDownloadFolders, name)) return Rank::kDownloads;
  if (IsAmong(kCacheFolders, name)) return Rank::kCaches;
  if (IsAmong(kSystemFolders, name)) return Rank::kSystem;
  return Rank::kOther;
}

}  // namespace

Hint HintOf(std::string_view name) {
  constexpr size_t kEndingMax = 5;
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return Hint::kNone;
  if (name.size() - dot - 1 > kEndingMax) return Hint::kNone;
  const std::string ending = Lower(name.substr(dot + 1));
  if (IsAmong(kPictureEndings, ending)) return Hint::kPicture;
  if (IsAmong(kContainerEndings, ending)) return Hint::kContainer;
  return Hint::kNone;
}

Rank RankOfFolder(std::string_view path) {
  Rank rank = Rank::kOther;
  bool is_system = false;
  while (!path.empty()) {
    const size_t end = std::min(path.find_first_of("/\\"), path.size());
    const Rank of_name = RankOfName(Lower(path.substr(0, end)));
    if (of_name == Rank::kSystem) {
      is_system = true;
    } else {
      rank = std::min(rank, of_name);
    }
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return rank == Rank::kOther && is_system ? Rank::kSystem : rank;
}

Rank RankOfFile(Rank folder, Hint hint) {
  if (folder != Rank::kOther) return folder;
  switch (hint) {
    case Hint::kPicture:
      return Rank::kPictures;
    case Hint::kContainer:
      return Rank::kContainers;
    case Hint::kNone:
      return Rank::kOther;
  }
  return Rank::kOther;
}

}  // namespace kenal::scan
