// Writes the reports of a scan that never was, for the tests that open the
// page in a browser.
//
//   report_page_scene FOLDER NAME [HITS]
//
// NAME: "case" (a case as it might be), "hostile" (names that try to run),
// "zip" (a drive with an encrypted archive and nothing else), "many" (HITS hit
// places), "large" (HITS places on 300 exhibits, few of them hits; no reports
// are written, so that writing them can be measured apart).
#include <cstdio>
#include <cstdlib>

#include "tests/report/testing.h"

namespace kenal::report {
namespace {

using findings::Coverage;
using findings::Place;
namespace reason = findings::reason;

constexpr int64_t kTime = 1'700'000'000'000;

Scene Empty() {
  Scene scene;
  scene.run = {.case_number = "2026-0417",
               .authority = "Example Police, Unit 4",
               .examiner = "A. Examiner",
               .tool = "kenal 0.8.0 (a1b2c3d)",
               .host = "workbench-3",
               .arguments = {"scan", "--case", "2026-0417", "seized"},
               .lists_from = "store",
               .sequence = Sequence{4711},
               .ending = findings::Ending::kComplete,
               .started_unix_ms = kTime,
               .ended_unix_ms = kTime + 5'400'000,
               .working_ms = 5'400'000,
               .part_count = 1};
  scene.run.lists = {{.list = "list-a",
                      .purpose = Purpose::kChildAbuse,
                      .version = Sequence{4700},
                      .entry_count = 1'234'567},
                     {.list = "list-b",
                      .purpose = Purpose::kChildAbuse,
                      .version = Sequence{4650},
                      .entry_count = 88'000},
                     {.list = "nsrl",
                      .purpose = Purpose::kKnownBenign,
                      .version = Sequence{12},
                      .entry_count = 40'000'000}};
  return scene;
}

// As a scan tells it: the archive has digests, its member could not be read.
Scene Zip() {
  std::mt19937_64 random(4);
  Scene scene = Empty();
  scene.exhibits.push_back({.id = "USB-1", .path = "/evidence/usb-1"});
  findings::Content& content = scene.AddContent(random);
  content.kind = "a zip archive";
  content.picture.reset();
  content.pdq.reset();
  content.quality.reset();
  Place& archive = scene.AddPlace(0, {"backup.zip"}, 0);
  archive.coverage = Coverage::kDigestOnly;
  archive.reason = reason::kArchive;
  Place& member =
      scene.AddPlace(0, {"backup.zip", "holiday.jpg"}, std::nullopt);
  member.reason = reason::kEncryptedArchive;
  member.size_bytes = 7'000'000'000;
  member.message = "encrypted";
  return scene;
}

void AddCoverage(std::mt19937_64& random, Scene& scene) {
  const std::pair<Coverage, std::string_view> kinds[] = {
      {Coverage::kDigestOnly, reason::kVideo},
      {Coverage::kDigestOnly, reason::kDocument},
      {Coverage::kDigestOnly, reason::kKnownGood},
      {Coverage::kDigestOnly, reason::kDamagedPicture},
      {Coverage::kNotExamined, reason::kEncryptedArchive},
      {Coverage::kNotExamined, reason::kUnreadable},
      {Coverage::kNotExamined, reason::kTooLarge}};
  for (int i = 0; i < 900; ++i) {
    const size_t kind = random() % 100 < 90 ? random() % 4 : 4 + random() % 3;
    Place& place =
        scene.AddPlace(static_cast<uint32_t>(random() % scene.exhibits.size()),
                       {"Documents/file-" + std::to_string(i)}, std::nullopt);
    place.coverage = kinds[kind].first;
    place.reason = kinds[kind].second;
    place.size_bytes = random() % 90'000'000;
  }
}

void AddExhibits(Scene& scene) {
  for (const char* id : {"Phone 1", "Phone 2", "Laptop", "USB stick, blue",
                         "Camera card", "Disk from the cellar"}) {
    scene.exhibits.push_back({.id = id,
                              .path = "/evidence/" + std::string(id),
                              .kind = findings::ExhibitKind::kFolder});
  }
  findings::Exhibit& disk = scene.exhibits.back();
  disk.kind = findings::ExhibitKind::kDiskImage;
  disk.format = "ewf";
  disk.size_bytes = 500'000'000'000;
  disk.volumes = {{.number = 1, .size_bytes = 1 << 30, .file_system = "ntfs"},
                  {.number = 2,
                   .size_bytes = uint64_t{400} << 30,
                   .problem = std::string(reason::kBitLocker)}};
}

// One picture, and copies of it here and there.
void AddPicture(std::mt19937_64& random, int i, Verdict verdict, Scene& scene) {
  const std::string number = std::to_string(i);
  findings::Content& content = scene.AddContent(random, verdict);
  if (content.is_hit()) {
    Match& match = content.matches[0];
    if (random() % 3 == 0) match.list = "list-b";
    match.classifications.push_back({"vics-us", std::to_string(1 + i % 3)});
    if (i % 4 == 0) match.series = "series " + std::to_string(i % 5);
    if (verdict == Verdict::kNear && *match.distance > 20) {
      match.tier = Tier::kReview;
      content.tier = Tier::kReview;
    }
    if (i % 7 == 0) content.action_label = "report";
  }
  const auto index =
      static_cast<findings::ContentNumber>(scene.contents.size() - 1);
  for (uint64_t n = 1 + random() % 3; n > 0; --n) {
    const auto exhibit =
        static_cast<uint32_t>(random() % scene.exhibits.size());
    Place& place = scene.AddPlace(
        exhibit, {"DCIM/Camera/IMG_" + number + "_" + std::to_string(n)},
        index);
    if (random() % 6 == 0) place.path = {"backup.zip", "holiday/" + number};
    place.address = random() % 100'000;
    place.deleted = random() % 9 == 0;
    if (random() % 12 == 0) place.thumbnail = findings::Thumbnail::kExif;
    place.modified_unix_ms =
        kTime - static_cast<int64_t>(random() % 90'000) * 1'000'000;
  }
}

Scene Case() {
  std::mt19937_64 random(5);
  Scene scene = Empty();
  AddExhibits(scene);
  for (int i = 0; i < 60; ++i) {
    AddPicture(random, i, i % 3 == 0 ? Verdict::kExact : Verdict::kNear, scene);
  }
  for (int i = 60; i < 300; ++i) {
    AddPicture(random, i, Verdict::kNoKnownMatch, scene);
    if (i % 5 == 0) continue;
    scene.contents.back().pdq = testing::AtDistance(
        *scene.contents[scene.contents.size() - 2].pdq, 4, random);
  }
  AddCoverage(random, scene);
  return scene;
}

Scene Hostile() {
  std::mt19937_64 random(6);
  Scene scene = Empty();
  const std::string names[] = {
      "<img src=x onerror=document.title='ran'>",
      "</script><script>document.title='ran'</script>",
      "<!--<script>",
      "\"'><svg onload=document.title='ran'>",
      "javascript:document.title='ran'",
      "${document.title='ran'}",
      "{{constructor.constructor('document.title=1')()}}",
      "\xE2\x80\xAEgpj.exe",
      "\xE2\x80\xA8line\xE2\x80\xA9",
      "&lt;b&gt;&amp;",
      "no\xE2\x80\x8Bwidth",
      "not utf-8 \xFF\xFE\x80",
      std::string("nul\0byte", 8),
      "new\nline\r\t",
      "]]>",
      std::string(10'000, 'w'),
      "<b>" + std::string(300, '<'),
      "http://127.0.0.1:9/x.png",
      "url(http://127.0.0.1:9/y.png)"};
  scene.run.case_number = names[0];
  scene.run.authority = names[1];
  scene.run.examiner = names[3];
  scene.run.tool = names[2];
  scene.run.host = names[4];
  scene.run.arguments = {names[1], names[5], names[12]};
  scene.run.lists[0].list = names[0];
  uint32_t exhibit = 0;
  for (const std::string& name : names) {
    scene.exhibits.push_back(
        {.id = name.substr(0, 100) + std::to_string(exhibit),
         .path = name,
         .problem = name});
    findings::Content& content = scene.AddContent(random, Verdict::kNear);
    content.kind = name;
    content.action_label = name;
    Match& match = content.matches[0];
    match.list = name.substr(0, 64);
    match.source_id = name;
    match.series = name;
    match.classifications.push_back({name, name});
    match.provenance.source = name;
    const auto number =
        static_cast<findings::ContentNumber>(scene.contents.size() - 1);
    scene.AddPlace(exhibit, {name}, number);
    scene.AddPlace(0, {"box " + name, name}, number);
    Place& unread = scene.AddPlace(exhibit, {"unread", name}, std::nullopt);
    unread.message = name;
    unread.reason = name;
    findings::Content& unknown = scene.AddContent(random);
    unknown.pdq = scene.contents[1].pdq;
    scene.AddPlace(exhibit, {"stack " + name}, number + 1);
    ++exhibit;
  }
  return scene;
}

Scene Many(int hits) {
  std::mt19937_64 random(7);
  Scene scene = Empty();
  AddExhibits(scene);
  while (static_cast<int>(scene.places.size()) < hits) {
    AddPicture(random, static_cast<int>(scene.contents.size()),
               random() % 3 == 0 ? Verdict::kExact : Verdict::kNear, scene);
  }
  return scene;
}

// Many copies of few pictures, made unique, as evidence generators make them.
Scene Large(int places) {
  constexpr uint32_t kExhibits = 300;
  constexpr size_t kPictures = 6000;
  std::mt19937_64 random(8);
  Scene scene = Empty();
  for (uint32_t i = 0; i < kExhibits; ++i) {
    scene.exhibits.push_back({.id = "EXH-" + std::to_string(i), .path = "x"});
  }
  std::vector<PdqHash> pictures(kPictures);
  for (PdqHash& pdq : pictures) pdq = testing::RandomHash<PdqHash>(random);
  for (int i = 0; i < places; ++i) {
    if (scene.contents.empty() || random() % 100 >= 12) {
      scene
          .AddContent(random, random() % 100 == 0 ? Verdict::kNear
                                                  : Verdict::kNoKnownMatch)
          .pdq = pictures[random() % kPictures];
    }
    scene.AddPlace(
        static_cast<uint32_t>(random() % kExhibits),
        {"DCIM/Camera/IMG_" + std::to_string(i) + ".jpg"},
        static_cast<findings::ContentNumber>(random() % scene.contents.size()));
  }
  return scene;
}

int Main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::string folder = argv[1];
  const std::string name = argv[2];
  if (name == "large" && argc < 4) return 2;
  const Scene scene = name == "zip"       ? Zip()
                      : name == "hostile" ? Hostile()
                      : name == "large"   ? Large(std::atoi(argv[3]))
                      : name == "many" ? Many(argc > 3 ? std::atoi(argv[3]) : 1)
                                       : Case();
  scene.Save(folder);
  if (name == "large") return 0;
  auto findings = findings::Findings::Open(folder);
  if (!findings.ok()) {
    std::fprintf(stderr, "%s\n", findings.status().ToString().c_str());
    return 1;
  }
  const auto written = WriteReports(**findings, {.out = folder + "/reports"});
  if (!written.ok() || !written->failed.empty()) return 1;
  return 0;
}

}  // namespace
}  // namespace kenal::report

int main(int argc, char** argv) { return kenal::report::Main(argc, argv); }
