#include "src/formats/writer.h"

#include <iterator>

#include "src/base/check.h"

namespace kenal::formats {
namespace {

struct PartWord {
  Part part;
  std::string_view word;
};
constexpr PartWord kParts[] = {
    {Part::kSourceId, "id of the source"},
    {Part::kKind, "kind of media"},
    {Part::kMd5, "md5"},
    {Part::kSha1, "sha1"},
    {Part::kSha256, "sha256"},
    {Part::kPdq, "pdq"},
    {Part::kPdqDetail, "quality and views of pdq"},
    {Part::kPicture, "picture"},
    {Part::kCarried, "hashes of other types"},
    {Part::kClassification, "classification"},
    {Part::kFlags, "flags"},
    {Part::kSeries, "series"},
    {Part::kTags, "tags"},
    {Part::kComment, "comment"},
    {Part::kMimeType, "MIME type"},
    {Part::kSize, "size"},
    {Part::kFiles, "file names"},
    {Part::kSource, "source"},
    {Part::kMember, "member"},
    {Part::kOpinions, "opinions"},
    {Part::kUpdated, "time of update"},
    {Part::kExpires, "time of expiry"},
    {Part::kState, "state"},
    {Part::kDeleted, "deletion"},
    {Part::kExtra, "extra fields"},
    {Part::kFileId, "number within the file"},
};

bool HasDetail(const std::vector<PdqView>& views) {
  if (views.empty()) return false;
  return views != std::vector<PdqView>{{.hash = views.front().hash}};
}

}  // namespace

std::string_view PartName(Part part) {
  for (const PartWord& each : kParts) {
    if (each.part == part) return each.word;
  }
  KENAL_CHECK(false && "value outside its enum");
  return {};
}

Parts PartsOf(const Record& record) {
  Parts parts = 0;
  const auto add = [&parts](bool said, Part part) {
    if (said) parts = parts | part;
  };
  add(!record.source_id.empty(), Part::kSourceId);
  add(record.kind != MediaKind::kUnknown, Part::kKind);
  add(record.signals.md5.has_value(), Part::kMd5);
  add(record.signals.sha1.has_value(), Part::kSha1);
  add(record.signals.sha256.has_value(), Part::kSha256);
  add(!record.signals.pdq.empty(), Part::kPdq);
  add(HasDetail(record.signals.pdq), Part::kPdqDetail);
  add(record.signals.picture.has_value(), Part::kPicture);
  add(!record.carried.empty(), Part::kCarried);
  add(!record.classifications.empty(), Part::kClassification);
  add(!record.flags.empty(), Part::kFlags);
  add(!record.series.empty(), Part::kSeries);
  add(!record.tags.empty(), Part::kTags);
  add(!record.comment.empty(), Part::kComment);
  add(!record.mime_type.empty(), Part::kMimeType);
  add(record.size_bytes.has_value(), Part::kSize);
  add(!record.files.empty(), Part::kFiles);
  add(!record.source.empty(), Part::kSource);
  add(!record.member.empty() || !record.member_id.empty(), Part::kMember);
  add(!record.opinions.empty(), Part::kOpinions);
  add(record.updated_unix_ms.has_value(), Part::kUpdated);
  add(record.expires_unix_ms.has_value(), Part::kExpires);
  add(record.state != EntryState::kActive, Part::kState);
  add(record.deleted, Part::kDeleted);
  add(!record.extra.empty(), Part::kExtra);
  add(!record.file_id.empty(), Part::kFileId);
  return parts;
}

void CountLeftOut(const Record& record, Parts carried, WriteReport& report) {
  const Parts missing = PartsOf(record) & ~carried;
  if (missing == 0) return;
  for (const PartWord& each : kParts) {
    if ((missing & static_cast<Parts>(each.part)) == 0) continue;
    auto place = report.fields_left_out.find(each.word);
    if (place == report.fields_left_out.end()) {
      place = report.fields_left_out.emplace(each.word, 0).first;
    }
    ++place->second;
  }
}

}  // namespace kenal::formats
