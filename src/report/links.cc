#include "src/report/links.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "src/base/codec.h"

namespace kenal::report {
namespace {

using findings::Content;
using findings::ContentNumber;
using findings::Findings;
using findings::Place;

using Exhibits = std::vector<uint32_t>;  // ascending

// How many things link each two exhibits.
class Pairs {
 public:
  explicit Pairs(size_t exhibit_count)
      : count_(std::min<size_t>(exhibit_count, Links::kExhibitsMax)),
        counts_(count_ * count_) {}

  void Add(LinkKind kind, uint32_t a, uint32_t b) {
    if (b < count_) ++counts_[a * count_ + b][static_cast<size_t>(kind)];
  }
  void AddAll(LinkKind kind, const Exhibits& exhibits) {
    for (size_t i = 0; i < exhibits.size(); ++i) {
      for (size_t k = i + 1; k < exhibits.size(); ++k) {
        Add(kind, exhibits[i], exhibits[k]);
      }
    }
  }

  std::vector<ExhibitLink> Take() const {
    std::vector<ExhibitLink> links;
    for (uint32_t a = 0; a < count_; ++a) {
      for (uint32_t b = a + 1; b < count_; ++b) {
        ExhibitLink link{.a = a, .b = b};
        std::ranges::copy(counts_[a * count_ + b], link.counts.begin());
        if (link.counts != ExhibitLink().counts) links.push_back(link);
      }
    }
    return links;
  }

 private:
  const size_t count_;
  std::vector<std::array<uint32_t, kLinkKinds>> counts_;
};

class Linker {
 public:
  Linker(Findings& findings, const ContentPlaces& places)
      : findings_(findings),
        places_(places),
        pairs_(findings.exhibits().size()) {
    links_.cut_off = findings.exhibits().size() > Links::kExhibitsMax;
  }

  StatusOr<Links> Make(bool link_exif) {
    KENAL_TRY(FindHits());
    KENAL_TRY(FindSameFiles());
    KENAL_TRY(FindNear());
    if (link_exif) KENAL_TRY(FindCameras());
    ChooseContents();
    KENAL_TRY(FindArchives());
    links_.exhibits = pairs_.Take();
    return std::move(links_);
  }

 private:
  using Labelled = std::map<std::string, std::vector<ContentNumber>>;

  Exhibits ExhibitsOf(ContentNumber number) const {
    Exhibits exhibits;
    for (const uint32_t place : places_.of(number)) {
      const uint32_t exhibit = findings_.exhibit_of(place);
      // Places come by exhibit.
      if (exhibits.empty() || exhibits.back() != exhibit) {
        exhibits.push_back(exhibit);
      }
    }
    return exhibits;
  }

  // Hits are always told, and their series link them.
  Status FindHits() {
    Labelled series;
    for (const ContentNumber number : HitContents(findings_, places_)) {
      chosen_.insert(number);
      KENAL_TRY_ASSIGN(const Content content, findings_.ReadContent(number));
      std::set<std::string> told;
      for (const Match& match : content.matches) {
        if (match.series.empty()) continue;
        const std::string label = match.list + ": " + match.series;
        if (told.insert(label).second) series[label].push_back(number);
      }
    }
    AddLabelled(LinkKind::kSameSeries, series);
    return OkStatus();
  }

  void AddLabelled(LinkKind kind, const Labelled& labelled) {
    for (const auto& [label, numbers] : labelled) {
      std::set<uint32_t> exhibits;
      for (const ContentNumber number : numbers) {
        for (const uint32_t each : ExhibitsOf(number)) exhibits.insert(each);
        if (number == numbers.front()) continue;
        AddLink({.kind = kind,
                 .from = numbers.front(),
                 .to = number,
                 .label = label});
      }
      pairs_.AddAll(kind, Exhibits(exhibits.begin(), exhibits.end()));
    }
  }

  void AddLink(ContentLink link) {
    if (links_.content_links.size() == Links::kContentLinksMax) {
      links_.cut_off = true;
      return;
    }
    chosen_.insert(link.from);
    chosen_.insert(link.to);
    links_.content_links.push_back(std::move(link));
  }

  Status FindSameFiles() {
    for (const ContentNumber number : places_.numbers()) {
      const Exhibits exhibits = ExhibitsOf(number);
      if (exhibits.size() < 2) continue;
      KENAL_TRY_ASSIGN(const Content content, findings_.ReadContent(number));
      if (content.size_bytes == 0 || !content.known_good.empty()) continue;
      shared_.insert(number);
      chosen_.insert(number);
      pairs_.AddAll(LinkKind::kSameFile, exhibits);
    }
    return OkStatus();
  }

  Status FindNear() {
    std::vector<Picture> pictures;
    for (const ContentNumber number : places_.numbers()) {
      const findings::ContentFacts& facts = findings_.contents()[number];
      if (!facts.pdq) continue;
      pictures.push_back({.number = number,
                          .sha256 = facts.sha256,
                          .pdq = *facts.pdq,
                          .places = places_.of(number).size(),
                          .template_like = facts.template_like});
    }
    KENAL_TRY_ASSIGN(const std::vector<NearGroup> groups,
                     GroupPictures(std::move(pictures), kNearRadius));
    for (const NearGroup& group : groups) {
      if (group.size() > 1 && AddNearPairs(group)) AddNearLinks(group);
    }
    return OkStatus();
  }

  // Exhibits that hold different pictures of the group; true if there are two.
  bool AddNearPairs(const NearGroup& group) {
    // Unset: holds several.
    std::map<uint32_t, std::optional<ContentNumber>> held;
    for (const NearMember& member : group) {
      for (const uint32_t exhibit : ExhibitsOf(member.number)) {
        const auto [at, is_first] = held.try_emplace(exhibit, member.number);
        if (!is_first) at->second.reset();
      }
    }
    bool any = false;
    for (auto a = held.begin(); a != held.end(); ++a) {
      for (auto b = std::next(a); b != held.end(); ++b) {
        if (a->second && a->second == b->second) continue;
        pairs_.Add(LinkKind::kNear, a->first, b->first);
        any = true;
      }
    }
    return any;
  }

  void AddNearLinks(const NearGroup& group) {
    for (size_t i = 1; i < group.size(); ++i) {
      AddLink({.kind = LinkKind::kNear,
               .from = group.front().number,
               .to = group[i].number,
               .distance = group[i].distance});
    }
  }

  Status FindCameras() {
    Labelled cameras;
    for (const ContentNumber number : places_.numbers()) {
      KENAL_TRY_ASSIGN(const Content content, findings_.ReadContent(number));
      if (!content.camera.empty()) cameras[content.camera].push_back(number);
    }
    std::erase_if(cameras, [this](const auto& camera) {
      std::set<uint32_t> exhibits;
      for (const ContentNumber number : camera.second) {
        for (const uint32_t each : ExhibitsOf(number)) exhibits.insert(each);
      }
      return exhibits.size() < 2;
    });
    AddLabelled(LinkKind::kSameCamera, cameras);
    return OkStatus();
  }

  void ChooseContents() {
    std::vector<ContentNumber>& contents = links_.contents;
    for (const ContentNumber number : places_.numbers()) {
      if (chosen_.contains(number)) contents.push_back(number);
    }
    if (contents.size() <= Links::kContentsMax) return;
    links_.cut_off = true;
    std::ranges::stable_partition(contents, [this](ContentNumber number) {
      return IsHit(findings_.contents()[number].verdict);
    });
    contents.resize(Links::kContentsMax);
    std::ranges::sort(contents, {}, [this](ContentNumber number) {
      return places_.of(number).front();
    });
    chosen_ = {contents.begin(), contents.end()};
    std::erase_if(links_.content_links, [this](const ContentLink& link) {
      return !chosen_.contains(link.from) || !chosen_.contains(link.to);
    });
  }

  // Sorts as places do.
  static std::string ContainerKey(const Place& place, size_t parts) {
    Place container{.exhibit = place.exhibit};
    container.path.assign(place.path.begin(),
                          place.path.begin() + static_cast<ptrdiff_t>(parts));
    return KeyOf(container);
  }

  Status FindArchives() {
    std::map<std::string, ArchiveNode> archives;
    std::set<ContentNumber> equal;
    KENAL_TRY(ForEachPlace(
        findings_, [&](const Place& place, const Content*) -> Status {
          if (!place.content) return OkStatus();
          if (place.reason == findings::reason::kArchive &&
              shared_.contains(*place.content) &&
              equal.insert(*place.content).second) {
            pairs_.AddAll(LinkKind::kSameArchive, ExhibitsOf(*place.content));
          }
          if (place.is_member() && chosen_.contains(*place.content)) {
            Put(place, archives);
          }
          return OkStatus();
        }));
    for (auto& [key, archive] : archives) {
      std::vector<ContentNumber>& contents = archive.contents;
      std::ranges::sort(contents, {}, [this](ContentNumber number) {
        return places_.of(number).front();
      });
      const auto twice = std::ranges::unique(contents);
      contents.erase(twice.begin(), twice.end());
      links_.archives.push_back(std::move(archive));
    }
    return OkStatus();
  }

  void Put(const Place& place, std::map<std::string, ArchiveNode>& archives) {
    const size_t parts = place.path.size() - 1;
    const std::string key = ContainerKey(place, parts);
    if (archives.size() == Links::kArchivesMax && !archives.contains(key)) {
      links_.cut_off = true;
      return;
    }
    ArchiveNode& archive = archives[key];
    if (archive.path.empty()) {
      Place container{.path = place.path};
      container.path.pop_back();
      archive = {.exhibit = place.exhibit, .path = PathText(container)};
    }
    archive.contents.push_back(*place.content);
  }

  Findings& findings_;
  const ContentPlaces& places_;
  Pairs pairs_;
  Links links_;
  std::unordered_set<ContentNumber> shared_;
  std::unordered_set<ContentNumber> chosen_;
};

}  // namespace

std::string_view LinkKindName(LinkKind kind) {
  constexpr std::string_view kNames[kLinkKinds] = {
      "same_file", "near", "same_archive", "same_series", "same_camera"};
  return kNames[static_cast<size_t>(kind)];
}

StatusOr<Links> MakeLinks(Findings& findings, const ContentPlaces& places,
                          bool link_exif) {
  return Linker(findings, places).Make(link_exif);
}

}  // namespace kenal::report
