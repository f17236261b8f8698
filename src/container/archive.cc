// Archives by libarchive, member after member.
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>

#include <algorithm>
#include <cwchar>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "src/container/book.h"
#include "src/container/limits.h"

namespace kenal::container {
namespace {

constexpr size_t kBlockBytes = 128 * 1024;

// Headers in a row that a library may fail on and still go on.
constexpr int kBadHeadersMax = 1000;

struct ArchiveFreer {
  void operator()(archive* archive) const { archive_read_free(archive); }
};
using ArchivePtr = std::unique_ptr<archive, ArchiveFreer>;

std::string_view WordOf(int format) {
  switch (format & ARCHIVE_FORMAT_BASE_MASK) {
    case ARCHIVE_FORMAT_CPIO:
      return "cpio";
    case ARCHIVE_FORMAT_TAR:
      return "tar";
    case ARCHIVE_FORMAT_ISO9660:
      return "iso9660";
    case ARCHIVE_FORMAT_ZIP:
      return "zip";
    case ARCHIVE_FORMAT_AR:
      return "ar";
    case ARCHIVE_FORMAT_XAR:
      return "xar";
    case ARCHIVE_FORMAT_LHA:
      return "lha";
    case ARCHIVE_FORMAT_CAB:
      return "cab";
    case ARCHIVE_FORMAT_RAR:
      return "rar";
    case ARCHIVE_FORMAT_RAR_V5:
      return "rar5";
    case ARCHIVE_FORMAT_7ZIP:
      return "7z";
    case ARCHIVE_FORMAT_WARC:
      return "warc";
    default:
      return "archive";
  }
}

// Of a compressed file that is no archive.
std::string_view FilterWord(archive* archive) {
  switch (archive_filter_code(archive, 0)) {
    case ARCHIVE_FILTER_GZIP:
      return "gzip";
    case ARCHIVE_FILTER_BZIP2:
      return "bzip2";
    case ARCHIVE_FILTER_COMPRESS:
      return "compress";
    case ARCHIVE_FILTER_LZMA:
      return "lzma";
    case ARCHIVE_FILTER_XZ:
      return "xz";
    case ARCHIVE_FILTER_LZIP:
      return "lzip";
    case ARCHIVE_FILTER_LZ4:
      return "lz4";
    case ARCHIVE_FILTER_ZSTD:
      return "zstd";
    default:
      return "";
  }
}

// Readers that neither start programs (lzop, grzip, lrzip) nor look for the
// files that an archive names (mtree).
bool AddReaders(archive* archive) {
  using Support = int (*)(struct archive*);
  constexpr Support kReaders[] = {
      archive_read_support_filter_gzip,     archive_read_support_filter_bzip2,
      archive_read_support_filter_compress, archive_read_support_filter_lzma,
      archive_read_support_filter_xz,       archive_read_support_filter_lzip,
      archive_read_support_filter_lz4,      archive_read_support_filter_zstd,
      archive_read_support_filter_rpm,      archive_read_support_format_zip,
      archive_read_support_format_7zip,     archive_read_support_format_rar,
      archive_read_support_format_rar5,     archive_read_support_format_tar,
      archive_read_support_format_cab,      archive_read_support_format_iso9660,
      archive_read_support_format_cpio,     archive_read_support_format_ar,
      archive_read_support_format_lha,      archive_read_support_format_xar,
      archive_read_support_format_warc,     archive_read_support_format_raw};
  return std::ranges::all_of(kReaders, [archive](Support support) {
    return support(archive) == ARCHIVE_OK;
  });
}

std::optional<int64_t> Milliseconds(bool is_set, int64_t seconds,
                                    int64_t nanoseconds) {
  constexpr int64_t kSecondsMax = int64_t{1} << 50;
  if (!is_set || seconds > kSecondsMax || seconds < -kSecondsMax) {
    return std::nullopt;
  }
  return seconds * 1000 + nanoseconds / 1'000'000;
}

// UTF-8 of what the library could not turn into the locale's bytes.
std::string FromWide(const wchar_t* name) {
  std::string out;
  for (; *name != 0 && out.size() < kPathBytesMax; ++name) {
    const auto c = static_cast<uint32_t>(*name);
    if (c < 0x80) {
      out.push_back(static_cast<char>(c));
      continue;
    }
    const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    constexpr uint32_t kLead[] = {0, 0xC0, 0xE0, 0xF0};
    out.push_back(static_cast<char>(kLead[more] | ((c >> (6 * more)) & 0x3F)));
    for (int i = more - 1; i >= 0; --i) {
      out.push_back(static_cast<char>(0x80 | ((c >> (6 * i)) & 0x3F)));
    }
  }
  return out;
}

std::string NameOf(archive_entry* entry) {
  const char* name = archive_entry_pathname(entry);
  if (name == nullptr) name = archive_entry_pathname_utf8(entry);
  if (name != nullptr) return name;
  const wchar_t* wide = archive_entry_pathname_w(entry);
  return wide == nullptr ? std::string() : FromWide(wide);
}

Entry ToEntry(archive_entry* from, uint64_t number) {
  Entry entry;
  entry.place.address = number;
  std::string name = NameOf(from);
  while (name.size() > 1 && name.back() == '/') name.pop_back();
  entry.path = ToPath(name);
  const auto type = archive_entry_filetype(from);
  const bool is_link = archive_entry_hardlink(from) != nullptr;
  entry.type = type == AE_IFDIR               ? EntryType::kFolder
               : type == AE_IFREG && !is_link ? EntryType::kFile
                                              : EntryType::kOther;
  if (archive_entry_size_is_set(from) && archive_entry_size(from) >= 0) {
    entry.size_bytes = static_cast<uint64_t>(archive_entry_size(from));
  }
  entry.encrypted = archive_entry_is_encrypted(from) != 0;
  entry.modified_ms =
      Milliseconds(archive_entry_mtime_is_set(from), archive_entry_mtime(from),
                   archive_entry_mtime_nsec(from));
  entry.created_ms = Milliseconds(archive_entry_birthtime_is_set(from),
                                  archive_entry_birthtime(from),
                                  archive_entry_birthtime_nsec(from));
  entry.accessed_ms =
      Milliseconds(archive_entry_atime_is_set(from), archive_entry_atime(from),
                   archive_entry_atime_nsec(from));
  entry.changed_ms =
      Milliseconds(archive_entry_ctime_is_set(from), archive_entry_ctime(from),
                   archive_entry_ctime_nsec(from));
  return entry;
}

class ArchiveBook final : public Book {
 public:
  ArchiveBook(std::unique_ptr<SegmentSource> source, const Limits& limits)
      : source_(std::move(source)), limits_(limits), block_(kBlockBytes) {
    const uint64_t size_bytes = source_->size_bytes();
    const uint64_t per_byte = std::max<uint64_t>(limits.expansion_max, 1);
    const uint64_t grown =
        size_bytes > UINT64_MAX / per_byte ? UINT64_MAX : size_bytes * per_byte;
    total_bytes_max_ =
        std::min(limits.total_bytes_max, std::max(kExpansionFloorBytes, grown));
  }

  // Reads the first header: only then the format is known.
  Reason Open() {
    archive_.reset(archive_read_new());
    if (archive_ == nullptr) return Reason::kNeedsTooMuchMemory;
    archive* archive = archive_.get();
    if (!AddReaders(archive)) return Reason::kNotSupported;
    archive_read_set_callback_data(archive, this);
    archive_read_set_read_callback(archive, ReadMore);
    archive_read_set_skip_callback(archive, Skip);
    archive_read_set_seek_callback(archive, Seek);
    if (archive_read_open1(archive) != ARCHIVE_OK) return WhyFailed();
    const bool has_entry = Advance();
    if (archive_format(archive) == 0) {
      return end_ == Reason::kNone ? Reason::kNotAContainer : end_;
    }
    const bool is_raw = archive_format(archive) == ARCHIVE_FORMAT_RAW;
    opened_.format =
        is_raw ? FilterWord(archive) : WordOf(archive_format(archive));
    opened_.media_bytes = source_->size_bytes();
    if (opened_.format.empty()) return Reason::kNotAContainer;
    if (!has_entry && end_ != Reason::kNone) return end_;
    return Reason::kNone;
  }

  const Opened& opened() const override { return opened_; }
  bool IsSequential() const override { return true; }

  bool Next(Entry& entry, Reason& why) override {
    if (is_first_taken_ && !is_ended_) Advance();
    is_first_taken_ = true;
    if (is_ended_) {
      why = end_;
      return false;
    }
    entry = std::move(entry_);
    can_read_ = entry.type == EntryType::kFile;
    place_ = entry.place;
    is_encrypted_ = entry.encrypted;
    return true;
  }

  Reason Read(const Place& place, const Emit& emit) override {
    if (!can_read_ || place != place_) return Reason::kNotSupported;
    can_read_ = false;
    if (is_encrypted_) return Reason::kEncrypted;
    uint64_t member_bytes = 0;
    for (;;) {
      const la_ssize_t got =
          archive_read_data(archive_.get(), block_.data(), block_.size());
      if (got == 0) return Reason::kNone;
      if (got == ARCHIVE_RETRY) continue;
      if (got < 0) return WhyFailed();
      member_bytes += static_cast<uint64_t>(got);
      total_bytes_ += static_cast<uint64_t>(got);
      if (total_bytes_ > total_bytes_max_) {
        End(Reason::kExpandsTooMuch);
        return Reason::kExpandsTooMuch;
      }
      if (member_bytes > limits_.member_bytes_max) {
        return Reason::kMemberTooLarge;
      }
      if (!emit({block_.data(), static_cast<size_t>(got)})) {
        return Reason::kStopped;
      }
    }
  }

 private:
  static la_ssize_t ReadMore(archive* archive, void* self,
                             const void** buffer) {
    auto& book = *static_cast<ArchiveBook*>(self);
    const int64_t got = book.source_->ReadAt(book.at_, book.input_);
    if (got < 0) {
      book.is_unreadable_ = true;
      archive_set_error(archive, EIO, "read");
      return ARCHIVE_FATAL;
    }
    book.at_ += static_cast<uint64_t>(got);
    *buffer = book.input_.data();
    return static_cast<la_ssize_t>(got);
  }

  static la_int64_t Skip(archive* /*archive*/, void* self, la_int64_t request) {
    auto& book = *static_cast<ArchiveBook*>(self);
    const uint64_t size_bytes = book.source_->size_bytes();
    if (request <= 0 || book.at_ >= size_bytes) return 0;
    const uint64_t count =
        std::min(static_cast<uint64_t>(request), size_bytes - book.at_);
    book.at_ += count;
    return static_cast<la_int64_t>(count);
  }

  static la_int64_t Seek(archive* /*archive*/, void* self, la_int64_t offset,
                         int whence) {
    auto& book = *static_cast<ArchiveBook*>(self);
    const auto size_bytes = static_cast<la_int64_t>(book.source_->size_bytes());
    const la_int64_t base = whence == SEEK_SET ? 0
                            : whence == SEEK_CUR
                                ? static_cast<la_int64_t>(book.at_)
                                : size_bytes;
    la_int64_t at = 0;
    if (__builtin_add_overflow(base, offset, &at) || at < 0) {
      return ARCHIVE_FATAL;
    }
    book.at_ = static_cast<uint64_t>(at);
    return at;
  }

  void End(Reason reason) {
    is_ended_ = true;
    end_ = reason;
  }

  bool Advance() {
    // What was not read counts too: the library has to unpack it to skip it.
    const int64_t unpacked = archive_filter_bytes(archive_.get(), 0);
    if (unpacked > 0 && static_cast<uint64_t>(unpacked) > total_bytes_max_) {
      End(Reason::kExpandsTooMuch);
      return false;
    }
    for (int bad = 0; bad < kBadHeadersMax; ++bad) {
      archive_entry* entry = nullptr;
      const int result = archive_read_next_header(archive_.get(), &entry);
      if (result == ARCHIVE_EOF) {
        End(damage_);
        return false;
      }
      if (result == ARCHIVE_OK || result == ARCHIVE_WARN) {
        if (number_ >= limits_.entries_max) {
          End(Reason::kTooManyMembers);
          return false;
        }
        entry_ = ToEntry(entry, number_++);
        return true;
      }
      damage_ = WhyFailed();
      if (result == ARCHIVE_FATAL) break;
    }
    End(damage_);
    return false;
  }

  Reason WhyFailed() const {
    archive* archive = archive_.get();
    const char* text = archive_error_string(archive);
    const std::string_view words = text == nullptr ? "" : text;
    const auto says = [words](std::string_view word) {
      return words.find(word) != words.npos;
    };
    if (is_unreadable_) return Reason::kUnreadable;
    if (archive_read_has_encrypted_entries(archive) > 0 || says("ncrypt") ||
        says("assphrase")) {
      return Reason::kEncrypted;
    }
    if (archive_errno(archive) == ENOMEM || says("allocate")) {
      return Reason::kNeedsTooMuchMemory;
    }
    if (says("nsupported") || says("not supported")) {
      return Reason::kNotSupported;
    }
    return says("Unrecognized archive format") ? Reason::kNotAContainer
                                               : Reason::kDamaged;
  }

  std::unique_ptr<SegmentSource> source_;
  const Limits limits_;
  uint64_t total_bytes_max_ = 0;
  Opened opened_;
  std::vector<uint8_t> input_ = std::vector<uint8_t>(kBlockBytes);
  std::vector<uint8_t> block_;
  uint64_t at_ = 0;
  uint64_t total_bytes_ = 0;
  uint64_t number_ = 0;
  Entry entry_;
  Place place_;
  bool is_first_taken_ = false;
  bool can_read_ = false;
  bool is_encrypted_ = false;
  bool is_ended_ = false;
  bool is_unreadable_ = false;
  Reason damage_ = Reason::kNone;
  Reason end_ = Reason::kNone;
  ArchivePtr archive_;  // the last member: it reads through the others
};

}  // namespace

BookOr OpenArchive(std::unique_ptr<SegmentSource> source,
                   const Limits& limits) {
  auto book = std::make_unique<ArchiveBook>(std::move(source), limits);
  if (Reason reason = book->Open(); reason != Reason::kNone) {
    return {nullptr, reason};
  }
  return {std::move(book), Reason::kNone};
}

}  // namespace kenal::container
