#include "src/catalogue/known_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <vector>

#include "src/base/file.h"
#include "src/catalogue/backup_record.h"
#include "src/catalogue/limits.h"
#include "src/catalogue/records.h"
#include "src/catalogue/store_folder.h"

namespace kenal::catalogue {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kKeyPrefix = "known/";
constexpr std::string_view kDraftSuffix = "new";
// What a killed builder leaves: ".NAME.<16 hex digits>.kenal-part".
constexpr std::string_view kPartSuffix = ".kenal-part";
constexpr size_t kDigestDigits = 16;

bool IsHexText(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

// Cuts what follows the last dot off `name`.
std::string_view TakeSuffix(std::string_view& name) {
  const size_t dot = name.rfind('.');
  if (dot == name.npos) return {};
  const std::string_view suffix = name.substr(dot + 1);
  name = name.substr(0, dot);
  return suffix;
}

// "LIST.TYPE"
bool IsStem(std::string_view name) {
  const StatusOr<SignalType> type = ParseSignalType(TakeSuffix(name));
  return type.ok() && *type != SignalType::kPdq && CheckListName(name).ok();
}

bool IsDraftName(std::string_view name) {
  if (name.starts_with('.') && name.ends_with(kPartSuffix)) {
    name.remove_prefix(1);
    name.remove_suffix(kPartSuffix.size());
    const std::string_view token = TakeSuffix(name);
    if (token.size() != kDigestDigits || !IsHexText(token)) return false;
  }
  return TakeSuffix(name) == kDraftSuffix && IsStem(name);
}

Status SyncFolder(const std::string& folder) {
  const int file = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) {
    return Unavailable(base::WithErrno(folder + ": cannot be opened", errno));
  }
  const int failure = fsync(file) == 0 ? 0 : errno;
  close(file);
  if (failure == 0) return OkStatus();
  return Unavailable(base::WithErrno(folder + ": cannot be synced", failure));
}

}  // namespace

std::string KnownFolder(const std::string& folder) {
  return folder + "/" + std::string(kKnownFolderName);
}

std::string KnownFileName(std::string_view list, const KnownGoodFile& file) {
  return std::string(list) + "." + std::string(SignalTypeName(file.signal)) +
         "." + HexText(file.sha256).substr(0, kDigestDigits);
}

bool IsKnownFileName(std::string_view name) {
  const std::string_view digest = TakeSuffix(name);
  return digest.size() == kDigestDigits && IsHexText(digest) && IsStem(name);
}

std::string KnownDraftName(std::string_view list, SignalType signal) {
  return std::string(list) + "." + std::string(SignalTypeName(signal)) + "." +
         std::string(kDraftSuffix);
}

bool HoldsOnlyKnownFiles(const std::string& known_folder) {
  std::error_code error;
  fs::directory_iterator at(known_folder, error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (!IsKnownFileName(name) && !IsDraftName(name)) return false;
  }
  return !error;
}

Status MakeKnownFolder(const std::string& folder) {
  KENAL_TRY(MakeFolder(KnownFolder(folder)));
  return SyncFolder(folder);
}

Status PlaceKnownFile(const std::string& folder, const std::string& built,
                      const std::string& name) {
  const std::string to = KnownFolder(folder) + "/" + name;
  if (rename(built.c_str(), to.c_str()) == 0) return OkStatus();
  return Unavailable(base::WithErrno(to + ": cannot be put there", errno));
}

Status SyncKnownFolder(const std::string& folder) {
  return SyncFolder(KnownFolder(folder));
}

void RemoveOtherKnownFiles(const std::string& folder,
                           const std::set<std::string>& needed, bool drafts) {
  std::error_code error;
  std::vector<fs::path> others;
  fs::directory_iterator at(KnownFolder(folder), error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) {
    const std::string name = at->path().filename().string();
    const bool ours = IsKnownFileName(name) || (drafts && IsDraftName(name));
    if (ours && !needed.contains(name)) others.push_back(at->path());
  }
  for (const fs::path& path : others) fs::remove(path, error);
}

std::string KnownKey(ListNumber list, SignalType signal) {
  std::string key(kKeyPrefix);
  key.push_back(static_cast<char>(list.value >> 8));
  key.push_back(static_cast<char>(list.value));
  key.push_back(static_cast<char>(signal));
  return key;
}

std::string EncodeKnownRow(const KnownGoodFile& file) {
  std::string bytes;
  base::Encoder out(bytes);
  out.Byte(kRecordVersion);
  EncodeKnownFacts(file, out);
  out.Number(file.set_at.value);
  return bytes;
}

Status ScanKnownRows(
    const Store& store, const rocksdb::Snapshot* snapshot,
    const std::function<Status(ListNumber list, const KnownGoodFile& file)>&
        row) {
  return store.Scan(
      Family::kMeta, kKeyPrefix, snapshot,
      [&](std::string_view key, std::string_view value) -> Status {
        // The family holds a few other rows.
        if (!key.starts_with(kKeyPrefix)) return OkStatus();
        base::Decoder of_key(key.substr(kKeyPrefix.size()));
        const uint16_t high = of_key.Byte();
        const uint16_t low = of_key.Byte();
        KnownGoodFile file;
        file.signal = DecodeDigestType(of_key);
        KENAL_TRY(of_key.Finish("the key of a known-good file"));
        base::Decoder in(value);
        if (in.Byte() != kRecordVersion) in.Fail();
        DecodeKnownFacts(in, file);
        file.set_at.value = in.Number();
        KENAL_TRY(in.Finish("the record of a known-good file"));
        return row(ListNumber{static_cast<uint16_t>(high << 8 | low)}, file);
      });
}

void EncodeKnownFacts(const KnownGoodFile& file, base::Encoder& out) {
  out.Number(file.count);
  out.Number(file.size_bytes);
  out.Raw(file.sha256);
  out.Bytes(file.source);
  out.Bytes(file.import_id);
  out.Signed(file.set_unix_ms);
}

void DecodeKnownFacts(base::Decoder& in, KnownGoodFile& file) {
  file.count = in.Number();
  file.size_bytes = in.Number();
  in.Raw(file.sha256);
  file.source = in.Bytes(kSourceSizeMax);
  file.import_id = in.Bytes(kImportIdSizeMax);
  file.set_unix_ms = in.Signed();
}

SignalType DecodeDigestType(base::Decoder& in) {
  const uint8_t type = in.Byte();
  if (type < static_cast<uint8_t>(SignalType::kMd5) ||
      type > static_cast<uint8_t>(SignalType::kSha256)) {
    in.Fail();
    return SignalType::kSha1;
  }
  return SignalType{type};
}

}  // namespace kenal::catalogue
