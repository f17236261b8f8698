#include "src/scan/custody_records.h"

#include <string>
#include <utility>
#include <vector>

namespace kenal::scan {
namespace {

using custody::Fields;

void AddDigests(std::string_view which, const findings::ImageDigests& digests,
                Fields& fields) {
  const std::string name(which);
  if (digests.md5) fields.Text(name + "_md5", digests.md5->ToHex());
  if (digests.sha1) fields.Text(name + "_sha1", digests.sha1->ToHex());
  if (digests.sha256) fields.Text(name + "_sha256", digests.sha256->ToHex());
}

}  // namespace

Fields RecordOf(const findings::Run& run, const Earlier& earlier,
                AccessTimes times) {
  Fields fields;
  fields.Text("case", run.case_number)
      .Text("authority", run.authority)
      .Text("examiner", run.examiner)
      .Text("tool", run.tool)
      .Text("host", run.host)
      .Each("arguments", run.arguments)
      .Number("part", run.part_count)
      .Text("lists_from", run.lists_from)
      .Text("store", run.store_id)
      .Number("log_sequence", run.log_head.value)
      .Text("log_chain", run.log_chain)
      .Flag("access_times_may_change", times == AccessTimes::kMayChange)
      .Number("places_done_before", earlier.done.size())
      .Number("torn_journal_bytes", earlier.torn_bytes);
  std::vector<std::string> lists;
  for (const findings::ListAsked& list : run.lists) {
    lists.push_back(list.list + " " + std::string(PurposeName(list.purpose)) +
                    " version " + std::to_string(list.version.value) +
                    " entries " + std::to_string(list.entry_count) +
                    (list.skipped.empty() ? "" : " " + list.skipped) +
                    (list.shadow ? " shadow" : ""));
  }
  fields.Each("lists", lists);
  return fields;
}

Fields RecordOf(const findings::Exhibit& exhibit) {
  Fields fields;
  fields.Text("exhibit", exhibit.id)
      .Bytes("path", exhibit.path)
      .Text("kind", findings::ExhibitKindName(exhibit.kind))
      .Text("format", exhibit.format)
      .Number("size_bytes", exhibit.size_bytes);
  AddDigests("stored", exhibit.stored, fields);
  AddDigests("computed", exhibit.computed, fields);
  if (const auto hold = exhibit.stored_digests_hold()) {
    fields.Flag("stored_digests_hold", *hold);
  }
  std::vector<std::string> volumes;
  for (const findings::Volume& volume : exhibit.volumes) {
    volumes.push_back(std::to_string(volume.number) + " at " +
                      std::to_string(volume.offset_bytes) + " size " +
                      std::to_string(volume.size_bytes) + " " +
                      (volume.file_system.empty() ? "-" : volume.file_system) +
                      (volume.problem.empty() ? "" : " " + volume.problem));
  }
  if (!volumes.empty()) fields.Each("volumes", volumes);
  if (!exhibit.problem.empty()) fields.Text("problem", exhibit.problem);
  return fields;
}

Fields RecordOf(const findings::Place& place,
                const findings::Exhibit& exhibit) {
  Fields fields;
  fields.Text("exhibit", exhibit.id)
      .Bytes("path", findings::PathText(place))
      .Number("size_bytes", place.size_bytes)
      .Text("reason", place.reason);
  if (!place.message.empty()) fields.Text("message", place.message);
  return fields;
}

Fields EndOf(const findings::Run& run, const Tally& tally,
             const Judge::Counts& counts) {
  Fields fields;
  fields.Text("ending", findings::EndingName(run.ending))
      .Number("part", run.part_count)
      .Number("places", tally.places.load())
      .Number("bytes", tally.bytes.load())
      .Number("hit_places", tally.hit_places.load())
      .Number("not_examined", tally.not_examined.load())
      .Number("contents_of_all_parts", counts.contents)
      .Number("hit_contents_of_all_parts", counts.hit_contents)
      .Number("sequence", run.sequence.value);
  return fields;
}

}  // namespace kenal::scan
