#include "bench/scan/plan.h"

#include <algorithm>
#include <array>
#include <random>

namespace kenal::evidence {
namespace {

constexpr std::array<const char*, 6> kLikely = {
    "DCIM/100CANON/",
    "Users/anna/Downloads/",
    "Users/anna/Pictures/2024/",
    "WhatsApp/Media/WhatsApp Images/",
    "Android/media/Telegram/Telegram Images/",
    "Users/anna/AppData/Local/Google/Chrome/User Data/Default/Cache/",
};
constexpr std::array<const char*, 6> kUnlikely = {
    "Windows/System32/drivers/etc/",
    "Program Files/Tools/res/",
    "var/lib/app/blobs/",
    "$RECYCLE.BIN/S-1-5-21/",
    "backup/old/2011/misc/",
    "usr/share/doc/thing/",
};
constexpr size_t kFolderFiles = 400;

class Planner {
 public:
  Planner(const PlanOptions& options, const Pictures& pictures)
      : options_(options), pictures_(pictures), random_(options.seed) {}

  std::vector<File> Plan() {
    Plant();
    while (files_.size() < options_.files) AddAny();
    files_.resize(options_.files);
    // Whatever is planted lies anywhere, and duplicates in other exhibits.
    std::ranges::shuffle(files_, random_);
    for (size_t i = 0; i < files_.size(); ++i) Place(files_[i], i);
    std::ranges::stable_sort(files_, {}, &File::exhibit);
    return std::move(files_);
  }

 private:
  void Add(Kind kind, size_t index = 0, size_t copy = 0) {
    files_.push_back({.content = {.kind = kind,
                                  .index = static_cast<uint32_t>(index),
                                  .copy = static_cast<uint32_t>(copy),
                                  .salt = ++salt_}});
  }
  size_t Below(size_t count) { return random_() % count; }
  size_t AnyPicture() { return Below(pictures_.distinct.size()); }
  void Plant();
  void AddAny();
  void AddOther();
  void Place(File& file, size_t number);
  std::string NameOf(const File& file, size_t number);
  std::string OddName(const std::string& number, const std::string& ending);

  const PlanOptions options_;
  const Pictures& pictures_;
  std::mt19937_64 random_;
  std::vector<File> files_;
  uint64_t salt_ = 0;
  size_t pictures_used_ = 0;
};

void Planner::Plant() {
  Add(Kind::kLone);
  files_.front().likely = true;
  for (size_t i = 0; i < pictures_.known.size(); ++i) {
    Add(Kind::kExact, i);
    Add(Kind::kExact, i);
    Add(Kind::kKnownTrailed, i);
    for (size_t j = 0; j < pictures_.known[i].copies.size(); ++j) {
      Add(Kind::kAltered, i, j);
      if (j == i % 12) Add(Kind::kAlteredZipped, i, j);
    }
  }
}

void Planner::AddAny() {
  constexpr size_t kMille = 1000;
  const auto duplicates = static_cast<size_t>(options_.duplicates * kMille);
  const size_t draw = Below(kMille);
  if (draw < duplicates) {
    const size_t of = Below(files_.size());
    // The lone one stays alone.
    if (files_[of].content.kind == Kind::kLone) return;
    files_.push_back({.content = files_[of].content, .duplicate = true});
  } else if (draw < duplicates + 110) {
    AddOther();
  } else if (pictures_used_ < pictures_.distinct.size()) {
    Add(Kind::kPicture, pictures_used_++);
  } else {
    Add(Kind::kTrailed, AnyPicture());
  }
}

void Planner::AddOther() {
  const size_t draw = Below(110);
  if (draw < 50) return Add(Kind::kText);
  if (draw < 70) return Add(Kind::kRandom);
  if (draw < 80) return Add(Kind::kZip);
  if (draw < 82) return Add(Kind::kEncryptedZip);
  if (draw < 84) return Add(Kind::kVideoLike);
  if (draw < 95) return Add(Kind::kPdf);
  if (draw < 100) return Add(Kind::kTruncated, AnyPicture());
  if (draw < 103) return Add(Kind::kEmpty);
  Add(Kind::kMisnamed, AnyPicture());
}

std::string EndingOf(const Content& content, const Pictures& pictures) {
  switch (content.kind) {
    case Kind::kPicture:
    case Kind::kTrailed:
    case Kind::kTruncated:
      return pictures.distinct[content.index].ending;
    case Kind::kExact:
    case Kind::kKnownTrailed:
    case Kind::kAltered:
    case Kind::kLone:
      return content.salt % 5 == 0 ? ".dat" : ".jpg";
    case Kind::kAlteredZipped:
    case Kind::kZip:
    case Kind::kEncryptedZip:
      return ".zip";
    case Kind::kText:
      return ".txt";
    case Kind::kRandom:
      return ".bin";
    case Kind::kVideoLike:
      return ".mp4";
    case Kind::kPdf:
      return ".pdf";
    case Kind::kEmpty:
      return ".jpg";
    case Kind::kMisnamed:
      return content.salt % 2 == 0 ? ".docx" : ".mp3";
  }
  return "";
}

std::string Planner::OddName(const std::string& number,
                             const std::string& ending) {
  switch (Below(8)) {
    case 0:
      return "\xff\xfe" + number + ending;
    case 1:
      return "line\nbreak" + number + ending;
    case 2:
      return number + std::string(255 - number.size() - ending.size(), 'n') +
             ending;
    case 3:
      return "-rf " + number + ending;
    case 4:
      return "'\"$(x)`" + number + ending;
    case 5:
      return "\xe2\x80\xae"
             "gpj." +
             number + ending;  // right to left
    case 6:
      return "caf\xe9 " + number + ending + " ";  // Latin-1
    default:
      return "\x1b[31m" + number + "\t" + ending;
  }
}

std::string Planner::NameOf(const File& file, size_t number) {
  const std::string ending = EndingOf(file.content, pictures_);
  const std::string digits = std::to_string(number);
  if (Below(200) == 0) return OddName(digits, ending);
  return "IMG_" + std::string(7 - std::min<size_t>(7, digits.size()), '0') +
         digits + ending;
}

void Planner::Place(File& file, size_t number) {
  const Kind kind = file.content.kind;
  const bool picture = kind == Kind::kPicture || kind == Kind::kTrailed;
  const double share = options_.likely * (picture ? 1 : 0.6);
  file.likely |= static_cast<double>(Below(100'000)) < 100'000 * share;
  file.exhibit = static_cast<uint32_t>(number % options_.exhibits);
  const auto& places = file.likely ? kLikely : kUnlikely;
  file.folder = places[Below(places.size())];
  const size_t part = number / options_.exhibits / kFolderFiles;
  if (part > 0) file.folder += std::to_string(part) + "/";
  file.name = NameOf(file, number);
}

}  // namespace

std::vector<File> MakePlan(const PlanOptions& options,
                           const Pictures& pictures) {
  return Planner(options, pictures).Plan();
}

std::string ExhibitName(uint32_t exhibit) {
  const std::string digits = std::to_string(exhibit + 1);
  return "E" + std::string(3 - std::min<size_t>(3, digits.size()), '0') +
         digits;
}

std::string_view KindName(Kind kind) {
  constexpr std::array<std::string_view, 16> kNames = {
      "picture", "trailed",   "exact",         "known-trailed",
      "altered", "zipped",    "lone",          "text",
      "random",  "zip",       "encrypted-zip", "video-like",
      "pdf",     "truncated", "empty",         "misnamed"};
  return kNames[static_cast<size_t>(kind)];
}

std::string_view VerdictOf(Kind kind) {
  switch (kind) {
    case Kind::kExact:
      return "EXACT";
    case Kind::kKnownTrailed:
    case Kind::kAltered:
    case Kind::kAlteredZipped:
    case Kind::kLone:
      return "NEAR";
    default:
      return "";
  }
}

}  // namespace kenal::evidence
