// Sets of views, and what each effort compares.
#include <algorithm>
#include <string>

#include "kenal/signal.h"

namespace kenal {
namespace {

constexpr ViewSet kFastViews = kWholeViews | ViewSet{View::kTurned};
constexpr ViewSet kNormalViews =
    kFastViews |
    ViewSet{View::kTrimmed, View::kFrame, View::kFrame2, View::kFrame3,
            View::kStraightened};
constexpr ViewSet kThoroughViews =
    kNormalViews | ViewSet{View::kFrame4, View::kCentral95,
                           View::kCentral90, View::kCentral80};

}  // namespace

std::string ViewSetName(ViewSet views) {
  std::string names;
  for (int i = 0; i < kViewCount; ++i) {
    const View view{static_cast<uint8_t>(i)};
    if (!views.Contains(view)) continue;
    if (!names.empty()) names += ',';
    names += ViewName(view);
  }
  return names;
}

StatusOr<ViewSet> ParseViewSet(std::string_view names) {
  ViewSet views;
  while (!names.empty()) {
    const size_t comma = std::min(names.find(','), names.size());
    KENAL_TRY_ASSIGN(const View view, ParseView(names.substr(0, comma)));
    views.Add(view);
    names.remove_prefix(std::min(comma + 1, names.size()));
  }
  return views;
}

ViewSet QueryViews(Effort effort) {
  switch (effort) {
    case Effort::kFast:
      return kFastViews;
    case Effort::kNormal:
      return kNormalViews;
    case Effort::kThorough:
      break;
  }
  return kThoroughViews;
}

bool ComparesVariants(Effort effort, View view) {
  return effort == Effort::kThorough || kFastViews.Contains(view);
}

bool MakesNearMatches(const PdqView& pdq) {
  if (pdq.quality && *pdq.quality <= kFlatQualityMax) return false;
  return kFastViews.Contains(pdq.view) || !pdq.template_like.value_or(false);
}

}  // namespace kenal
