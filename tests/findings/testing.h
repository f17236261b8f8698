// Findings of any shape, for tests.
#ifndef KENAL_TESTS_FINDINGS_TESTING_H_
#define KENAL_TESTS_FINDINGS_TESTING_H_

#include <random>
#include <string>

#include "src/findings/findings.h"
#include "tests/support/support.h"

namespace kenal::findings {

class RandomFindings {
 public:
  explicit RandomFindings(uint64_t seed) : random_(seed) {}

  uint64_t Below(uint64_t end) { return random_() % end; }
  bool Flip() { return (random_() & 1) != 0; }

  // Bytes of any value, as evidence has them.
  std::string Bytes(size_t size_max) {
    std::string bytes(Below(size_max + 1), '\0');
    for (char& byte : bytes) byte = static_cast<char>(random_());
    return bytes;
  }

  Match AnyMatch() {
    Match match{.list = "list-" + std::to_string(Below(3)),
                .purpose = Purpose::kTest,
                .entry = EntryId{random_()},
                .source_id = Bytes(20)};
    match.signal = Flip() ? SignalType::kPdq : SignalType::kSha1;
    match.tier = Flip() ? Tier::kMatch : Tier::kReview;
    match.distance = static_cast<int>(Below(32));
    if (Flip()) {
      match.transform = Transform{.query_view = View::kTrimmed,
                                  .query_variant = Variant::kRot90,
                                  .entry_view = View::kFrame};
    }
    if (Flip()) {
      match.second_opinion = SecondOpinion{.distance = 7, .corroborates = true};
    }
    match.classifications.push_back({"scheme", Bytes(5)});
    match.series = Bytes(9);
    match.flags = {"a", Bytes(3)};
    match.provenance = {.source = Bytes(4),
                        .member = Bytes(4),
                        .import_id = Bytes(4),
                        .reference = Bytes(4),
                        .added_unix_ms = -7};
    match.action_label = Bytes(4);
    if (Flip()) match.overruled_by = OverruledBy{"own", EntryId{random_()}};
    match.shadow = Flip();
    return match;
  }

  Content AnyContent() {
    Content content{.sha256 = testing::RandomHash<Sha256>(random_),
                    .md5 = testing::RandomHash<Md5>(random_),
                    .sha1 = testing::RandomHash<Sha1>(random_),
                    .size_bytes = random_(),
                    .kind = Bytes(9)};
    if (Flip()) {
      content.picture = PictureInfo{"jpeg", 640, 480, Flip()};
      content.pdq = testing::RandomHash<PdqHash>(random_);
      content.quality = static_cast<int>(Below(101));
      content.template_like = Flip();
    } else {
      content.pdq_failure = SignalFailure{"not_a_picture", Bytes(9)};
    }
    content.camera = Bytes(9);
    content.coverage = static_cast<Coverage>(1 + Below(3));
    content.reason = Bytes(9);
    content.verdict = static_cast<Verdict>(1 + Below(5));
    if (content.is_hit()) {
      content.tier = Tier::kMatch;
      content.matches.resize(1 + Below(3));
      for (Match& match : content.matches) match = AnyMatch();
    }
    content.match_count = content.matches.size();
    if (Flip())
      content.known_good.push_back({"good", SignalType::kMd5, Flip()});
    return content;
  }

  Place AnyPlace(uint32_t exhibit, uint64_t address) {
    Place place{.exhibit = exhibit, .address = address};
    place.path.resize(1 + Below(3));
    for (std::string& part : place.path) part = Bytes(3) + "x";
    place.deleted = Flip();
    place.thumbnail = static_cast<Thumbnail>(Below(3));
    place.size_bytes = Below(1 << 20);
    if (Flip()) place.modified_unix_ms = -5;
    if (Flip()) place.created_unix_ms = 1'700'000'000'000;
    if (Flip()) place.accessed_unix_ms = 0;
    place.coverage = static_cast<Coverage>(1 + Below(3));
    place.reason = std::to_string(Below(4));
    place.message = Bytes(9);
    return place;
  }

  Exhibit AnyExhibit(const std::string& id) {
    Exhibit exhibit{.id = id,
                    .path = Bytes(9),
                    .kind = ExhibitKind::kDiskImage,
                    .format = "ewf",
                    .size_bytes = random_()};
    if (Flip()) exhibit.computed.md5 = testing::RandomHash<Md5>(random_);
    if (Flip()) exhibit.stored.sha1 = testing::RandomHash<Sha1>(random_);
    exhibit.volumes.push_back({.number = 1,
                               .offset_bytes = 512,
                               .size_bytes = 9,
                               .file_system = "ntfs",
                               .problem = Bytes(9)});
    exhibit.problem = Bytes(9);
    exhibit.identity = Bytes(9);
    return exhibit;
  }

  Run AnyRun() {
    Run run{.case_number = Bytes(9),
            .authority = Bytes(9),
            .examiner = Bytes(9),
            .tool = Bytes(9),
            .host = Bytes(9),
            .arguments = {Bytes(9), "", Bytes(9)},
            .lists_from = "store",
            .sequence = Sequence{random_()}};
    run.store_id = Bytes(9);
    run.log_head = Sequence{random_()};
    run.log_chain = Bytes(9);
    run.lists.push_back({.list = "a",
                         .purpose = Purpose::kChildAbuse,
                         .version = Sequence{random_()},
                         .entry_count = random_(),
                         .shadow = Flip(),
                         .skipped = "region"});
    run.scope = {.containers = Flip(), .thumbnails = Flip(), .cameras = Flip()};
    run.ending = Ending::kEnoughHits;
    if (Flip()) run.sample = SampleStatement{0.99, 7, 8, 9, random_()};
    run.started_unix_ms = -1;
    run.ended_unix_ms = 1;
    run.working_ms = 2;
    run.part_count = 3;
    return run;
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace kenal::findings

#endif  // KENAL_TESTS_FINDINGS_TESTING_H_
