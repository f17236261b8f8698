#include "src/catalogue/backup_record.h"

#include <algorithm>
#include <charconv>

#include "src/base/digest.h"
#include "src/catalogue/known_files.h"

namespace kenal::catalogue {
namespace {

constexpr std::string_view kRecordTitle = "kenal-backup";
constexpr std::string_view kOwnerTitle = "kenal-backups";
constexpr uint64_t kOwnerFormat = 1;
constexpr uint64_t kFormatWithoutKnown = 1;
constexpr std::string_view kFileWord = "file";
constexpr std::string_view kKnownWord = "known";
constexpr size_t kDigestDigits = 64;
constexpr size_t kIdDigitsMin = 32;
constexpr size_t kIdDigitsMax = 48;
constexpr size_t kNameSizeMax = 64;

bool IsHexText(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

// "000012.sst", "CURRENT", "MANIFEST-000005": never a path.
bool IsDatabaseName(std::string_view name) {
  return !name.empty() && name.size() <= kNameSizeMax && name[0] != '.' &&
         std::ranges::all_of(name, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                  (c >= 'A' && c <= 'Z') || c == '.' || c == '-';
         });
}

void Seal(std::string& text) {
  text += "sha256 " + HexText(base::Sha256Of(base::AsBytes(text))) + "\n";
}

// Takes a text apart, line by line and word by word. The first thing that is
// not as it should be is remembered, and nothing is read after it.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  // Whether the text ends with its own digest, which is cut off.
  bool Unseal() {
    constexpr std::string_view kWord = "sha256 ";
    constexpr size_t kSealSize = kWord.size() + kDigestDigits + 1;
    if (text_.size() < kSealSize) return false;
    const std::string_view body = text_.substr(0, text_.size() - kSealSize);
    std::string sealed(body);
    Seal(sealed);
    if (sealed != text_) return false;
    text_ = body;
    return true;
  }
  bool AtEnd() const { return text_.empty(); }
  bool good() const { return good_; }

  void Expect(std::string_view word) { good_ = good_ && Word() == word; }
  std::string_view Word() {
    const size_t end = std::min(text_.find_first_of(" \n"), text_.size());
    const std::string_view word = text_.substr(0, end);
    text_.remove_prefix(std::min(text_.size(), end + 1));
    good_ = good_ && !word.empty();
    return word;
  }
  uint64_t Number() {
    const std::string_view word = Word();
    uint64_t value = 0;
    const auto [end, error] =
        std::from_chars(word.data(), word.data() + word.size(), value);
    good_ = good_ && error == std::errc() && end == word.data() + word.size();
    return value;
  }
  uint64_t Number(std::string_view name) {
    Expect(name);
    return Number();
  }
  std::string_view Hex(std::string_view name, size_t digits) {
    Expect(name);
    const std::string_view word = Word();
    good_ = good_ && word.size() == digits && IsHexText(word);
    return word;
  }

 private:
  std::string_view text_;
  bool good_ = true;
};

Status Damaged() { return DataLoss("its bytes do not agree with its digest"); }

// The title and format that every such text begins with.
StatusOr<uint64_t> ReadTitle(Reader& in, std::string_view title) {
  in.Expect(title);
  const uint64_t format = in.Number();
  if (!in.good()) return Damaged();
  if (format <= kBackupFormat) return format;
  return FailedPrecondition("written by a newer Kenal; use that version");
}

void ReadChain(std::string_view hex, std::array<uint8_t, 32>& chain) {
  for (size_t i = 0; i < chain.size() && hex.size() == kDigestDigits; ++i) {
    std::from_chars(hex.data() + 2 * i, hex.data() + 2 * i + 2, chain[i], 16);
  }
}

}  // namespace

std::string HexText(std::span<const uint8_t> bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : bytes) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

std::string_view DigestOfCopy(std::string_view copy) {
  return copy.substr(copy.size() - std::min(copy.size(), kDigestDigits));
}

bool IsCopyName(std::string_view name) {
  const std::string_view digest = DigestOfCopy(name);
  if (digest.size() != kDigestDigits || !IsHexText(digest)) return false;
  if (name.size() == kDigestDigits) return true;
  const std::string_view id = name.substr(0, name.size() - kDigestDigits - 1);
  return name[id.size()] == '-' && id.size() >= kIdDigitsMin &&
         id.size() <= kIdDigitsMax && IsHexText(id);
}

std::string Encode(const BackupRecord& record) {
  const BackupInfo& info = record.info;
  const auto line = [](std::string_view name, uint64_t value) {
    return std::string(name) + " " + std::to_string(value) + "\n";
  };
  const bool has_known = std::ranges::any_of(
      record.files,
      [](const BackupFile& file) { return file.place == BackupPlace::kKnown; });
  std::string text =
      line(kRecordTitle, has_known ? kBackupFormat : kFormatWithoutKnown);
  text += line("number", info.number);
  text += "store " + info.store_id + "\n";
  text += line("incarnation", info.incarnation);
  text += line("format", record.store_format);
  text += line("sequence", info.sequence.value);
  text += "chain " + HexText(info.chain) + "\n";
  text += line("time", static_cast<uint64_t>(info.unix_ms));
  text += line("new-bytes", info.new_bytes);
  for (const BackupFile& file : record.files) {
    const bool known = file.place == BackupPlace::kKnown;
    text += std::string(known ? kKnownWord : kFileWord) + " " + file.name +
            " " + std::to_string(file.size_bytes) + " " + file.copy + "\n";
  }
  Seal(text);
  return text;
}

StatusOr<BackupRecord> DecodeBackupRecord(std::string_view text) {
  Reader in(text);
  if (!in.Unseal()) return Damaged();
  KENAL_TRY_ASSIGN(const uint64_t format, ReadTitle(in, kRecordTitle));
  BackupRecord record;
  BackupInfo& info = record.info;
  info.number = in.Number("number");
  info.store_id = in.Hex("store", 32);
  info.incarnation = in.Number("incarnation");
  record.store_format = in.Number("format");
  info.sequence.value = in.Number("sequence");
  ReadChain(in.Hex("chain", kDigestDigits), info.chain);
  info.unix_ms = static_cast<int64_t>(in.Number("time"));
  info.new_bytes = in.Number("new-bytes");
  while (in.good() && !in.AtEnd()) {
    const std::string_view word = in.Word();
    const bool known = word == kKnownWord && format > kFormatWithoutKnown;
    if (!known && word != kFileWord) return Damaged();
    BackupFile file;
    if (known) file.place = BackupPlace::kKnown;
    file.name = in.Word();
    file.size_bytes = in.Number();
    file.copy = in.Word();
    const bool named =
        known ? IsKnownFileName(file.name) : IsDatabaseName(file.name);
    if (!in.good() || !named || !IsCopyName(file.copy) ||
        record.files.size() == kBackupFilesMax) {
      return Damaged();
    }
    info.size_bytes += file.size_bytes;
    record.files.push_back(std::move(file));
  }
  if (!in.good()) return Damaged();
  info.file_count = record.files.size();
  return record;
}

std::string EncodeBackupOwner(std::string_view store_id) {
  std::string text = std::string(kOwnerTitle) + " " +
                     std::to_string(kOwnerFormat) + "\nstore " +
                     std::string(store_id) + "\n";
  Seal(text);
  return text;
}

StatusOr<std::string> DecodeBackupOwner(std::string_view text) {
  Reader in(text);
  if (!in.Unseal()) return Damaged();
  KENAL_TRY(ReadTitle(in, kOwnerTitle).status());
  std::string id(in.Hex("store", 32));
  if (!in.good() || !in.AtEnd()) return Damaged();
  return id;
}

}  // namespace kenal::catalogue
