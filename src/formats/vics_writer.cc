#include <utility>
#include <vector>

#include "src/formats/vics.h"

namespace kenal::formats {
namespace {

// Fields that come while media are being written wait for their end.
constexpr size_t kWaitingBytesMax = 8 << 20;

class VicsWriter : public Writer {
 public:
  VicsWriter(std::unique_ptr<Output> output, VicsDialect dialect)
      : output_(std::move(output)), dialect_(std::move(dialect)) {
    std::string& out = output_->text();
    out += '{';
    AppendJsonText(dialect_.declaring_key(), out);
    out += ':';
    AppendJsonText(dialect_.declaration(), out);
  }

  Status Write(const Item& item) override;
  Status Finish() override;
  const WriteReport& report() const override { return report_; }

 private:
  Status WriteRecord(const Record& record);
  Status WriteField(const Field& field);
  void BeginValues();
  void BeginGroup(uint64_t group);
  void EndGroup();
  void Member(const Extra& extra);

  std::unique_ptr<Output> output_;
  VicsDialect dialect_;
  WriteReport report_;
  bool in_values_ = false;
  uint64_t group_ = 0;        // 0: none is open
  bool group_empty_ = false;  // one is open and nothing of it is written
  bool values_empty_ = true;
  bool in_media_ = false;
  std::vector<Extra> waiting_root_;
  std::vector<Extra> waiting_group_;
  size_t waiting_bytes_ = 0;
};

void VicsWriter::Member(const Extra& extra) {
  std::string& out = output_->text();
  if (!group_empty_) out += ',';
  group_empty_ = false;
  AppendJsonText(extra.path, out);
  out += ':';
  if (extra.kind == Extra::Kind::kJson) {
    out += extra.value;
  } else {
    AppendJsonText(extra.value, out);
  }
}

void VicsWriter::BeginValues() {
  if (in_values_) return;
  in_values_ = true;
  output_->text() += ",\"value\":[";
}

void VicsWriter::BeginGroup(uint64_t group) {
  EndGroup();
  BeginValues();
  if (!values_empty_) output_->text() += ',';
  values_empty_ = false;
  group_ = group;
  group_empty_ = true;
  output_->text() += '{';
}

void VicsWriter::EndGroup() {
  if (group_ == 0) return;
  if (in_media_) output_->text() += ']';
  in_media_ = false;
  for (const Extra& extra : waiting_group_) Member(extra);
  waiting_group_.clear();
  output_->text() += '}';
  group_ = 0;
  group_empty_ = false;
}

Status VicsWriter::WriteField(const Field& field) {
  if (field.group != 0 && !dialect_.cases) {
    ++report_.fields_left_out["fields of cases"];
    return OkStatus();
  }
  // Names that the root has already.
  const bool taken =
      field.group == 0 && (SameWord(field.extra.path, "value") ||
                           SameWord(field.extra.path, "odata.metadata") ||
                           SameWord(field.extra.path, "@odata.context"));
  if (taken || field.extra.kind == Extra::Kind::kXml) {
    ++report_.fields_left_out["fields of the list"];
    return OkStatus();
  }
  const bool root_waits = field.group == 0 && in_values_;
  if (!root_waits && field.group != group_ && field.group != 0) {
    return InvalidArgument("a field comes outside its group");
  }
  if (root_waits || in_media_) {
    waiting_bytes_ += field.extra.path.size() + field.extra.value.size();
    if (waiting_bytes_ > kWaitingBytesMax) {
      return InvalidArgument("too many fields come after the records");
    }
    (field.group == 0 ? waiting_root_ : waiting_group_).push_back(field.extra);
    return OkStatus();
  }
  Member(field.extra);
  return output_->Flush();
}

Status VicsWriter::WriteRecord(const Record& record) {
  if (record.deleted) {
    ++report_.records_left_out["is a tombstone"];
    return OkStatus();
  }
  BeginValues();
  std::string& out = output_->text();
  if (dialect_.cases && !in_media_) {
    // Records that came in no group make one of their own.
    if (group_ == 0) BeginGroup(record.group == 0 ? 1 : record.group);
    if (!group_empty_) out += ',';
    group_empty_ = false;
    out += "\"Media\":[";
    in_media_ = true;
  } else if (dialect_.cases || !values_empty_) {
    out += ',';
  }
  values_empty_ = false;
  AppendVicsMedia(record, dialect_, ++report_.written, out);
  CountLeftOut(record, VicsParts(record, dialect_), report_);
  return output_->Flush();
}

Status VicsWriter::Write(const Item& item) {
  switch (item.kind) {
    case Item::Kind::kRecord:
      return WriteRecord(item.record);
    case Item::Kind::kField:
      return WriteField(item.field);
    case Item::Kind::kGroup:
      if (dialect_.cases) BeginGroup(item.field.group);
      return OkStatus();
    case Item::Kind::kRefused:
      return OkStatus();
  }
  return Internal("an item of no kind");
}

Status VicsWriter::Finish() {
  EndGroup();
  BeginValues();
  output_->text() += ']';
  for (const Extra& extra : waiting_root_) Member(extra);
  output_->text() += "}\n";
  return output_->Finish();
}

}  // namespace

StatusOr<std::unique_ptr<Writer>> MakeVicsWriter(std::unique_ptr<Output> output,
                                                 const Heading& heading) {
  KENAL_TRY_ASSIGN(VicsDialect dialect, VicsDialectOf(heading));
  return std::make_unique<VicsWriter>(std::move(output), std::move(dialect));
}

}  // namespace kenal::formats
