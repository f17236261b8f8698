#include "src/formats/drafts.h"

#include <algorithm>
#include <utility>

#include "src/formats/digest_lines.h"
#include "src/formats/json_tree.h"
#include "src/formats/record_lines.h"

namespace kenal::formats {
namespace {

// Of Provenance::reference and member, as the store limits them.
constexpr size_t kReferenceBytesMax = 4096;
constexpr size_t kMemberBytesMax = 256;

// Ids of ThreatExchange are unique over all owners, and what it takes back has
// no owner.
constexpr std::string_view kAloneFamily = "threatexchange";

// Takes what the entry holds out of the record; what is left is its details.
std::string DetailsOf(Record&& record) {
  const bool all_true = std::ranges::all_of(record.flags, &Flag::value);
  if (all_true) record.flags.clear();
  record.group = 0;
  record.source_id.clear();
  record.signals = {};
  record.classifications.clear();
  record.series.clear();
  record.opinions.clear();
  record.expires_unix_ms.reset();
  record.state = EntryState::kActive;
  if (record == Record{.family = record.family}) return {};
  std::string details;
  AppendRecordJson(record, details);
  return details;
}

std::string FirstOf(const std::vector<FileName>& files) {
  if (files.empty()) return {};
  std::string path = JoinPath(files.front());
  return path.size() <= kReferenceBytesMax ? path : files.front().name;
}

Provenance ProvenanceOf(const Record& record, const DraftOptions& options) {
  Provenance out{.source = options.source, .import_id = options.import_id};
  if (out.source.empty()) out.source = record.source;
  if (out.source.empty()) out.source = options.default_source;
  out.member = record.member.empty() ? record.member_id : record.member;
  if (out.member.empty() && record.source != out.source) {
    out.member = record.source;
  }
  if (out.member.size() > kMemberBytesMax) out.member = record.member_id;
  out.reference = FirstOf(record.files);
  if (out.reference.size() > kReferenceBytesMax) out.reference.clear();
  return out;
}

// Flags that say yes are the entry's; all of them are in the details when one
// says no.
void AddFlags(const EntrySummary& entry, Record& record) {
  if (!record.flags.empty()) return;
  for (const std::string& flag : entry.flags) {
    record.flags.push_back({.name = flag, .value = true});
  }
}

}  // namespace

std::string SourceIdOf(const Record& record) {
  const bool alone = record.family == kAloneFamily;
  if (alone || record.source_id.empty() || record.member_id.empty()) {
    return record.source_id;
  }
  return record.member_id + "/" + record.source_id;
}

StatusOr<Record> MemberAndIdOf(std::string_view source_id) {
  const size_t slash = source_id.find('/');
  if (slash == source_id.npos || slash == 0 || slash + 1 == source_id.size()) {
    return InvalidArgument(
        "its source id names no member: it is not of a feed of NCMEC");
  }
  Record record;
  record.member_id = source_id.substr(0, slash);
  record.source_id = source_id.substr(slash + 1);
  return record;
}

std::string_view PositionUnit(const Position& position) {
  return position.line ? "line" : "record";
}

ImportItem DraftOf(Item&& item, const DraftOptions& options) {
  ImportItem out;
  out.position = item.position.line.value_or(item.position.record);
  if (item.kind == Item::Kind::kRefused) {
    out.refused = std::move(item.why);
    if (item.position.byte && !item.position.line) {
      out.refused += " (byte " + std::to_string(*item.position.byte) + ")";
    }
    return out;
  }
  Record& record = item.record;
  EntryDraft& draft = out.draft;
  draft.source_id = SourceIdOf(record);
  draft.provenance = ProvenanceOf(record, options);
  out.tombstone = record.deleted || record.state == EntryState::kWithdrawn ||
                  record.state == EntryState::kRetracted;
  if (out.tombstone) return out;
  out.state = record.state;
  draft.signals = std::move(record.signals);
  draft.signals.pdq_failure.reset();
  draft.classifications = std::move(record.classifications);
  draft.series = std::move(record.series);
  for (const Flag& flag : record.flags) {
    if (flag.value) draft.flags.push_back(flag.name);
  }
  draft.opinions = std::move(record.opinions);
  draft.expires_unix_ms = record.expires_unix_ms;
  draft.details = DetailsOf(std::move(record));
  return out;
}

StatusOr<Record> RecordOf(const ListedEntry& entry) {
  const EntrySummary& summary = entry.summary;
  Record record;
  if (!entry.secrets->details.empty()) {
    JsonTree tree;
    KENAL_TRY(ParseJson(entry.secrets->details, tree));
    const Status read = ReadRecordDetails(tree.root(), record);
    if (!read.ok()) {
      return DataLoss("what the source of entry " +
                      std::to_string(summary.id.serial()) +
                      " says does not decode: " + std::string(read.message()));
    }
  }
  record.source_id = summary.source_id;
  const std::string member = record.member_id + "/";
  if (!record.member_id.empty() && record.family != kAloneFamily &&
      record.source_id.starts_with(member)) {
    record.source_id.erase(0, member.size());
  }
  record.signals = entry.secrets->signals;
  record.classifications = summary.classifications;
  record.series = summary.series;
  AddFlags(summary, record);
  record.opinions = summary.opinions;
  record.expires_unix_ms = summary.expires_unix_ms;
  record.state = summary.state;
  record.deleted = summary.state == EntryState::kWithdrawn ||
                   summary.state == EntryState::kRetracted;
  if (record.source.empty()) record.source = summary.provenance.source;
  if (record.member.empty() && record.member_id.empty() &&
      summary.provenance.member != record.source) {
    record.member = summary.provenance.member;
  }
  if (record.files.empty() && !summary.provenance.reference.empty()) {
    record.files.push_back(SplitPath(summary.provenance.reference));
  }
  return record;
}

}  // namespace kenal::formats
