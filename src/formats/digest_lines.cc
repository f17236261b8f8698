#include "src/formats/digest_lines.h"

#include <algorithm>
#include <utility>

#include "src/formats/json_tree.h"
#include "src/formats/line_source.h"
#include "src/formats/value_text.h"

namespace kenal::formats {
namespace {

constexpr std::string_view kFamily = "md5sum";
constexpr std::string_view kBinary = "binary";
constexpr size_t kLineBytesMax = 64 * 1024;

size_t DigitsOf(SignalType type) { return 2 * SignalSizeBytes(type); }

// Names with a backslash or an end of line are written with escapes, after a
// backslash at the beginning of the line.
StatusOr<std::string> Unescaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    const char c = ++i < text.size() ? text[i] : '\0';
    if (c == 'n') {
      out += '\n';
    } else if (c == 'r') {
      out += '\r';
    } else if (c == '\\') {
      out += '\\';
    } else {
      return InvalidArgument("has a name with a wrong escape");
    }
  }
  return out;
}

bool NeedsEscapes(std::string_view name) {
  return name.find_first_of("\\\n\r") != name.npos;
}

void AppendEscaped(std::string_view name, std::string& out) {
  for (const char c : name) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\\') {
      out += "\\\\";
    } else {
      out += c;
    }
  }
}

class DigestLinesReader : public LineSource {
 public:
  DigestLinesReader(std::unique_ptr<exchange::LineReader> lines,
                    SignalType type)
      : LineSource(std::move(lines)), type_(type) {}

 protected:
  StatusOr<bool> ReadLine(std::string_view line, Item& item) override;

 private:
  Status ReadTagged(std::string_view line, bool escaped, Record& record);
  Status ReadPlain(std::string_view line, bool escaped, Record& record);
  Status AddName(std::string_view name, bool escaped, Record& record);

  SignalType type_;
};

Status DigestLinesReader::AddName(std::string_view name, bool escaped,
                                  Record& record) {
  if (name.empty()) return OkStatus();
  if (!escaped) {
    record.files.push_back(SplitPath(name));
    return OkStatus();
  }
  KENAL_TRY_ASSIGN(const std::string meant, Unescaped(name));
  record.files.push_back(SplitPath(meant));
  return OkStatus();
}

// MD5 (NAME) = DIGEST
Status DigestLinesReader::ReadTagged(std::string_view line, bool escaped,
                                     Record& record) {
  const size_t open = line.find('(');
  const size_t close = line.rfind(')');
  const std::string_view type = Trimmed(line.substr(0, open));
  if (SignalTypeOf(type) != type_) {
    return InvalidArgument("is of another type than " +
                           std::string(SignalTypeName(type_)));
  }
  std::string_view digest = Trimmed(line.substr(close + 1));
  if (digest.empty() || digest.front() != '=') {
    return InvalidArgument("has no = before its digest");
  }
  digest.remove_prefix(1);
  if (Trimmed(digest).empty()) return InvalidArgument("has no digest");
  KENAL_TRY(AddHash(SignalTypeName(type_), digest, record));
  return AddName(line.substr(open + 1, close - open - 1), escaped, record);
}

Status DigestLinesReader::ReadPlain(std::string_view line, bool escaped,
                                    Record& record) {
  const size_t end = line.find_first_of(" \t");
  const std::string_view digest = line.substr(0, end);
  if (digest.size() != DigitsOf(type_)) {
    return InvalidArgument("does not begin with a digest of " +
                           std::to_string(DigitsOf(type_)) + " digits");
  }
  KENAL_TRY(AddHash(SignalTypeName(type_), digest, record));
  if (end == line.npos) return OkStatus();
  std::string_view name = line.substr(end + 1);
  // One blank, then one more or a mark for binary files, as the tools write;
  // other tools write more blanks.
  if (name.starts_with('*')) {
    record.extra.push_back({std::string(kBinary), "*"});
    name.remove_prefix(1);
  } else if (name.starts_with(' ')) {
    name.remove_prefix(1);
  }
  return AddName(name, escaped, record);
}

StatusOr<bool> DigestLinesReader::ReadLine(std::string_view line, Item& item) {
  if (Trimmed(line).empty() || line.starts_with('#')) return false;
  Record& record = item.record;
  record.family = kFamily;
  const bool escaped = line.starts_with('\\');
  if (escaped) line.remove_prefix(1);
  const size_t open = line.find('(');
  const bool tagged = open != line.npos && open <= 8 &&
                      line.rfind(')') != line.npos && line.rfind(')') > open &&
                      SignalTypeOf(Trimmed(line.substr(0, open)));
  KENAL_TRY(tagged ? ReadTagged(line, escaped, record)
                   : ReadPlain(line, escaped, record));
  KENAL_TRY(CheckRecord(record));
  return true;
}

Part PartOf(SignalType type) {
  switch (type) {
    case SignalType::kMd5:
      return Part::kMd5;
    case SignalType::kSha1:
      return Part::kSha1;
    case SignalType::kSha256:
      return Part::kSha256;
    default:
      return Part::kPdq;
  }
}

class DigestLinesWriter : public Writer {
 public:
  DigestLinesWriter(std::unique_ptr<Output> output, SignalType type)
      : output_(std::move(output)), type_(type) {}

  Status Write(const Item& item) override;
  Status Finish() override { return output_->Finish(); }
  const WriteReport& report() const override { return report_; }

 private:
  void WriteLine(const std::string& digest, std::string_view name, bool binary);

  std::unique_ptr<Output> output_;
  SignalType type_;
  WriteReport report_;
};

void DigestLinesWriter::WriteLine(const std::string& digest,
                                  std::string_view name, bool binary) {
  std::string& out = output_->text();
  if (NeedsEscapes(name)) out += '\\';
  out += digest;
  if (!name.empty()) {
    out += binary ? " *" : "  ";
    AppendEscaped(name, out);
  }
  out += '\n';
}

Status DigestLinesWriter::Write(const Item& item) {
  if (item.kind != Item::Kind::kRecord) return OkStatus();
  const Record& record = item.record;
  const std::string digest = HashHex(record, type_);
  if (digest.empty() || record.deleted) {
    const std::string why =
        record.deleted ? "is a tombstone"
                       : "has no " + std::string(SignalTypeName(type_));
    ++report_.records_left_out[why];
    return OkStatus();
  }
  Parts parts = static_cast<Parts>(Part::kFiles) | PartOf(type_);
  bool binary = false;
  if (record.family == kFamily) {
    parts = parts | Part::kExtra;
    binary =
        std::any_of(record.extra.begin(), record.extra.end(),
                    [](const Extra& extra) { return extra.path == kBinary; });
  }
  for (const FileName& file : record.files) {
    WriteLine(digest, JoinPath(file), binary);
  }
  if (record.files.empty()) WriteLine(digest, "", false);
  ++report_.written;
  CountLeftOut(record, parts, report_);
  return output_->Flush();
}

}  // namespace

FileName SplitPath(std::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == path.npos || slash == 0 || slash + 1 == path.size()) {
    return {.name = std::string(path)};
  }
  return {.name = std::string(path.substr(slash + 1)),
          .folder = std::string(path.substr(0, slash))};
}

std::string JoinPath(const FileName& file) {
  return file.folder.empty() ? file.name : file.folder + "/" + file.name;
}

StatusOr<std::unique_ptr<Reader>> OpenDigestLines(const std::string& path,
                                                  SignalType type) {
  KENAL_TRY_ASSIGN(auto lines, exchange::LineReader::Open(path, kLineBytesMax));
  return std::make_unique<DigestLinesReader>(std::move(lines), type);
}

StatusOr<std::unique_ptr<Writer>> MakeDigestLinesWriter(
    std::unique_ptr<Output> output, SignalType type) {
  return std::make_unique<DigestLinesWriter>(std::move(output), type);
}

}  // namespace kenal::formats
