// Links between exhibits: the same file, pictures near to each other, the same
// archive, the same series of a list and, when asked for, the same camera.
#ifndef KENAL_SRC_REPORT_LINKS_H_
#define KENAL_SRC_REPORT_LINKS_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kenal/status.h"
#include "src/report/near_groups.h"
#include "src/report/places.h"

namespace kenal::report {

enum class LinkKind : uint8_t {
  kSameFile,     // equal contents, but empty and known harmless ones
  kNear,         // different pictures of one near group
  kSameArchive,  // equal archives
  kSameSeries,   // hits of one series of one list
  kSameCamera,   // pictures of one camera serial
};
inline constexpr size_t kLinkKinds = 5;
// "same_file", "near", "same_archive", "same_series", "same_camera".
std::string_view LinkKindName(LinkKind kind);

// Two exhibits and how many contents, groups, archives, series and cameras
// link them.
struct ExhibitLink {
  uint32_t a = 0;  // a < b
  uint32_t b = 0;
  std::array<uint64_t, kLinkKinds> counts{};
  uint64_t count(LinkKind kind) const {
    return counts[static_cast<size_t>(kind)];
  }
};

// Two contents. Many that are alike are all linked to the first of them.
struct ContentLink {
  LinkKind kind = LinkKind::kNear;
  findings::ContentNumber from = 0;
  findings::ContentNumber to = 0;
  int distance = 0;   // kNear
  std::string label;  // the series or the serial
};

// An archive with contents that are hits or linked.
struct ArchiveNode {
  uint32_t exhibit = 0;
  std::string path;                               // as PathText
  std::vector<findings::ContentNumber> contents;  // by first place
};

struct Links {
  std::vector<ExhibitLink> exhibits;              // by (a, b)
  std::vector<findings::ContentNumber> contents;  // by first place
  std::vector<ContentLink> content_links;
  std::vector<ArchiveNode> archives;  // in the order of reports
  // Some contents, links or archives were left out; hits come first.
  bool cut_off = false;

  static constexpr uint32_t kExhibitsMax = 1000;
  static constexpr size_t kContentsMax = 20'000;
  static constexpr size_t kContentLinksMax = 50'000;
  static constexpr size_t kArchivesMax = 20'000;
};

// Cost: one read of every place; one exact radius search a near group.
StatusOr<Links> MakeLinks(findings::Findings& findings,
                          const ContentPlaces& places, bool link_exif);

}  // namespace kenal::report

#endif  // KENAL_SRC_REPORT_LINKS_H_
