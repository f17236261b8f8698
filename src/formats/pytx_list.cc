#include <utility>

#include "src/exchange/signal_line.h"
#include "src/formats/exchange_pages.h"
#include "src/formats/line_source.h"
#include "src/formats/value_text.h"

namespace kenal::formats {
namespace {

constexpr std::string_view kFamily = "pytx";
constexpr std::string_view kVideoMd5 = "video_md5";
constexpr size_t kLineBytesMax = 64 * 1024;
constexpr size_t kTypeSizeMax = 32;

bool IsTypeName(std::string_view word) {
  bool letter = false;
  for (const char c : word) {
    const bool small = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!small && c != '_' && c != '-' && !(c >= '0' && c <= '9')) return false;
    // A word of hex digits alone is a hash without its type.
    letter = letter || c == '_' || (small && (c | 0x20) > 'f');
  }
  return letter && word.size() <= kTypeSizeMax;
}

class PytxListReader : public LineSource {
 public:
  PytxListReader(std::unique_ptr<exchange::LineReader> lines, std::string type)
      : LineSource(std::move(lines)), type_(std::move(type)) {}

 protected:
  StatusOr<bool> ReadLine(std::string_view line, Item& item) override {
    std::string_view rest = Trimmed(line);
    if (rest.empty() || rest.starts_with('#')) return false;
    std::string type = type_;
    if (type.empty()) {
      const size_t end = std::min(rest.find_first_of(" \t"), rest.size());
      if (!IsTypeName(rest.substr(0, end))) {
        return InvalidArgument(
            "does not begin with a type, such as pdq or video_md5");
      }
      type = rest.substr(0, end);
      rest = Trimmed(rest.substr(end));
    }
    if (rest.empty()) return InvalidArgument("has no value after its type");
    Record& record = item.record;
    record.family = kFamily;
    const bool video = type == kVideoMd5;
    if (video || SignalTypeOf(type)) {
      // Such lines may have a quality and a comment.
      const std::string whole = (video ? "md5" : type) + " " +
                                std::string(exchange::WithoutComment(rest));
      KENAL_TRY_ASSIGN(record.signals, exchange::ParseSignalLine(whole));
    } else {
      record.carried.push_back({type, std::string(rest)});
    }
    if (video) record.kind = MediaKind::kVideo;
    KENAL_TRY(CheckRecord(record));
    return true;
  }

 private:
  std::string type_;
};

class PytxListWriter : public Writer {
 public:
  explicit PytxListWriter(std::unique_ptr<Output> output)
      : output_(std::move(output)) {}

  Status Write(const Item& item) override;
  Status Finish() override { return output_->Finish(); }
  const WriteReport& report() const override { return report_; }

 private:
  void Line(std::string_view type, std::string_view value) {
    output_->text() += type;
    output_->text() += ' ';
    output_->text() += value;
    output_->text() += '\n';
  }

  std::unique_ptr<Output> output_;
  WriteReport report_;
};

Status PytxListWriter::Write(const Item& item) {
  if (item.kind == Item::Kind::kField) {
    ++report_.fields_left_out["fields of the list"];
  }
  if (item.kind != Item::Kind::kRecord) return OkStatus();
  const Record& record = item.record;
  if (record.deleted) {
    ++report_.records_left_out["is a tombstone"];
    return OkStatus();
  }
  const bool video = record.kind == MediaKind::kVideo;
  if (record.signals.md5) {
    Line(video ? kVideoMd5 : "md5", record.signals.md5->ToHex());
  }
  if (record.signals.sha1) Line("sha1", record.signals.sha1->ToHex());
  if (record.signals.sha256) Line("sha256", record.signals.sha256->ToHex());
  Parts told =
      Part::kMd5 | Part::kSha1 | Part::kSha256 | Part::kPdq | Part::kCarried;
  if (const PdqView* pdq = PdqOf(record)) {
    std::string value = pdq->hash.ToHex();
    if (pdq->quality) value += " " + std::to_string(*pdq->quality);
    Line("pdq", value);
    Record plain = record;
    plain.signals.pdq = {{.hash = pdq->hash, .quality = pdq->quality}};
    if (plain.signals.pdq == record.signals.pdq) told = told | Part::kPdqDetail;
  }
  for (const CarriedHash& hash : record.carried) {
    const bool fits = IsTypeName(hash.type) && !SignalTypeOf(hash.type) &&
                      hash.value.find_first_of("\r\n") == std::string::npos;
    if (fits) {
      Line(hash.type, hash.value);
    } else {
      told &= ~static_cast<Parts>(Part::kCarried);
    }
  }
  if (video && record.signals.md5) told = told | Part::kKind;
  ++report_.written;
  CountLeftOut(record, told, report_);
  return output_->Flush();
}

}  // namespace

StatusOr<std::unique_ptr<Reader>> OpenPytx(const std::string& path,
                                           const std::string& type) {
  if (!type.empty() && !IsTypeName(type) && !SignalTypeOf(type)) {
    return InvalidArgument(
        "the type of values is a word such as pdq or video_md5");
  }
  KENAL_TRY_ASSIGN(auto lines, exchange::LineReader::Open(path, kLineBytesMax));
  return std::make_unique<PytxListReader>(std::move(lines), type);
}

StatusOr<std::unique_ptr<Writer>> MakePytxWriter(
    std::unique_ptr<Output> output) {
  return std::make_unique<PytxListWriter>(std::move(output));
}

}  // namespace kenal::formats
