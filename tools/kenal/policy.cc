#include "tools/kenal/policy.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/clock.h"
#include "src/exchange/time_text.h"

namespace kenal::cli {
namespace {

StatusOr<std::optional<Radius>> ParseReviewRadius(const std::string& text) {
  if (text == "none") return std::nullopt;
  Radius radius;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, radius.bits);
  if (read.ec != std::errc() || read.ptr != end ||
      radius.bits < kReviewRadiusBitsMin || radius.bits > kRadiusBitsMax) {
    return InvalidArgument("--review-radius takes " +
                           std::to_string(kReviewRadiusBitsMin) + " to " +
                           std::to_string(kRadiusBitsMax) + ", or none");
  }
  return radius;
}

StatusOr<ViewSet> ParseStoredViews(const std::string& names) {
  if (names.empty()) {
    return InvalidArgument(
        "--views takes names of views, separated by commas; for the whole "
        "picture alone give --views stored");
  }
  KENAL_TRY_ASSIGN(const ViewSet views, ParseViewSet(names));
  return views | kWholeViews;
}

StatusOr<std::string> ParseLabel(const std::string& text) {
  if (text.empty()) {
    return InvalidArgument("--action-label takes a label, or none");
  }
  if (text == "none") return std::string();
  const Status status = CheckActionLabel(text);
  if (status.ok()) return text;
  return InvalidArgument("--action-label: " + std::string(status.message()));
}

// "12.5" is 125 of a thousand.
StatusOr<int> ParseShare(std::string_view text) {
  if (text.ends_with('%')) text.remove_suffix(1);
  const size_t point = std::min(text.find('.'), text.size());
  const std::string_view tenths = text.substr(std::min(point + 1, text.size()));
  int whole = 0;
  const char* const end = text.data() + point;
  const auto read = std::from_chars(text.data(), end, whole);
  const bool good_tenths =
      point == text.size() ||
      (tenths.size() == 1 && tenths[0] >= '0' && tenths[0] <= '9');
  if (read.ec == std::errc() && read.ptr == end && good_tenths && whole >= 0 &&
      whole <= 100 && text[0] != '-') {
    const int share = whole * 10 + (tenths.empty() ? 0 : tenths[0] - '0');
    if (share <= ListPolicy::kShareWhole) return share;
  }
  return InvalidArgument(
      "--share takes 0 to 100 percent, with one decimal at most: 12.5");
}

StatusOr<std::vector<std::string>> ParseRegions(std::string_view text) {
  std::vector<std::string> regions;
  if (text == "all") return regions;
  while (true) {
    const size_t comma = std::min(text.find(','), text.size());
    const Status status = CheckRegion(text.substr(0, comma));
    if (!status.ok()) {
      return InvalidArgument(
          "--region takes regions separated by commas, or "
          "all: " +
          std::string(status.message()));
    }
    regions.emplace_back(text.substr(0, comma));
    if (comma == text.size()) break;
    text.remove_prefix(comma + 1);
  }
  std::ranges::sort(regions);
  regions.erase(std::unique(regions.begin(), regions.end()), regions.end());
  if (regions.size() <= ListPolicy::kRegionsMax) return regions;
  return InvalidArgument("--region takes at most " +
                         std::to_string(ListPolicy::kRegionsMax) + " regions");
}

StatusOr<std::optional<int64_t>> ParseExpiry(const std::string& text) {
  if (text == "never") return std::nullopt;
  const StatusOr<int64_t> time = exchange::ParseTime(text);
  if (time.ok()) return *time;
  return InvalidArgument("--expires takes a time or never: " +
                         std::string(time.status().message()));
}

// Also when it is empty, an option that is given is not left alone.
CLI::Option* AddText(CLI::App& command, const std::string& name,
                     std::optional<std::string>& value,
                     const std::string& description) {
  return command.add_option_function<std::string>(
      name, [&value](const std::string& text) { value = text; }, description);
}

void AddOnOff(CLI::App& command, const std::string& name,
              std::optional<std::string>& value,
              const std::string& description) {
  AddText(command, name, value, description)
      ->type_name("on|off")
      ->check(CLI::IsMember({"on", "off"}).description(""));
}

void AddHowNear(CLI::App& command, PolicyOptions& options) {
  command
      .add_option("--radius", options.radius_bits,
                  "A picture is near an entry at this many bits of PDQ or\n"
                  "fewer (0 to 63; 31 for a new list, 0 for own-decisions)")
      ->type_name("N")
      ->check(CLI::Range(0, kRadiusBitsMax).description(""));
  AddText(command, "--review-radius", options.review_radius,
          "Beyond the radius and up to this many bits (32 to 63) it\n"
          "is reported for review; or none, as for a new list.\n"
          "cost: searches of this list become 5 times slower at 40,\n"
          "26 times at 50, 108 times at 60")
      ->type_name("BITS|none");
  AddText(command, "--effort", options.effort,
          "The most that is tried to meet this list, whatever is\n"
          "asked for: fast, normal or thorough (for a new list)")
      ->type_name("EFFORT");
  AddText(command, "--views", options.views,
          "Parts of a picture that entries added from now on are\n"
          "found by, such as trimmed,central-95 (trimmed for a new\n"
          "list); the whole picture, stored and upright, always is.\n"
          "Of: trimmed, frame, frame-2, frame-3, frame-4,\n"
          "straightened, central-95, central-90, central-80, 1:1,\n"
          "4:5, 9:16, 16:9.\n"
          "cost: one index row for each part of an entry")
      ->type_name("NAMES");
  AddOnOff(command, "--second-opinion", options.second_opinion,
           "Entries added from now on keep a second, independent\n"
           "hash: on or off (for a new list).\n"
           "cost: 72 bytes and several ms for each part of an entry");
}

void AddForWhom(CLI::App& command, PolicyOptions& options) {
  AddText(command, "--action-label", options.action_label,
          "What a caller should do with a match, such as block or\n"
          "report (a-z 0-9 _ -); or none, as for a new list")
      ->type_name("LABEL|none");
  AddText(command, "--share", options.share,
          "Ask this list about so many percent of all content\n"
          "(100 for a new list); the same piece always falls the\n"
          "same way")
      ->type_name("PERCENT");
  command
      .add_option("--share-seed", options.share_seed,
                  "Another number chooses other pieces for --share")
      ->type_name("N");
  AddText(command, "--region", options.regions,
          "Ask this list about content of these regions only\n"
          "(US,ID: ISO 3166-1), and about content of no stated\n"
          "region; or all, as for a new list")
      ->type_name("XX,YY|all");
  AddText(command, "--expires", options.expires,
          "From then on the list is not asked: 2027-01-31 or\n"
          "2027-01-31T09:30:00Z; or never, as for a new list")
      ->type_name("TIME|never");
  AddOnOff(command, "--shadow", options.shadow,
           "Matches are shown and counted, and change no verdict:\n"
           "on, to try a list out, or off (for a new list)");
}

Status Put(Console& console, const std::string& name,
           const std::string& value) {
  constexpr size_t kNameWidth = 16;
  return console.Put("  " + name + std::string(kNameWidth - name.size(), ' ') +
                     value);
}

std::string ShareText(const ListPolicy& policy) {
  std::string text = std::to_string(policy.share_permille / 10);
  if (policy.share_permille % 10 != 0) {
    text += "." + std::to_string(policy.share_permille % 10);
  }
  text += " %";
  if (policy.share_permille != ListPolicy::kShareWhole) {
    text += ", seed " + std::to_string(policy.share_seed);
  }
  return text;
}

std::string RegionsText(const ListPolicy& policy) {
  std::string text;
  for (const std::string& region : policy.regions) {
    text += (text.empty() ? "" : ",") + region;
  }
  return text.empty() ? "all" : text;
}

}  // namespace

void AddPolicyOptions(CLI::App& command, PolicyOptions& options) {
  AddHowNear(command, options);
  AddForWhom(command, options);
}

StatusOr<ListPolicy> WithOptions(ListPolicy policy,
                                 const PolicyOptions& options) {
  if (options.radius_bits) policy.pdq_radius = Radius{*options.radius_bits};
  if (options.review_radius) {
    KENAL_TRY_ASSIGN(policy.review_radius,
                     ParseReviewRadius(*options.review_radius));
  }
  if (policy.review_radius && *policy.review_radius <= policy.pdq_radius) {
    return InvalidArgument(
        "the review radius must be larger than the radius, which is " +
        std::to_string(policy.pdq_radius.bits) +
        "; give --review-radius BITS or none");
  }
  if (options.effort) {
    KENAL_TRY_ASSIGN(policy.effort, ParseEffort(*options.effort));
  }
  if (options.views) {
    KENAL_TRY_ASSIGN(policy.stored_views, ParseStoredViews(*options.views));
  }
  if (options.second_opinion) {
    policy.second_opinion = *options.second_opinion == "on";
  }
  if (options.action_label) {
    KENAL_TRY_ASSIGN(policy.action_label, ParseLabel(*options.action_label));
  }
  if (options.share) {
    KENAL_TRY_ASSIGN(policy.share_permille, ParseShare(*options.share));
  }
  if (options.share_seed) policy.share_seed = *options.share_seed;
  if (options.regions) {
    KENAL_TRY_ASSIGN(policy.regions, ParseRegions(*options.regions));
  }
  if (options.expires) {
    KENAL_TRY_ASSIGN(policy.expires_unix_ms, ParseExpiry(*options.expires));
  }
  if (options.shadow) policy.shadow = *options.shadow == "on";
  return policy;
}

Status CheckOptions(const PolicyOptions& options) {
  PolicyOptions alone = options;
  alone.radius_bits.reset();  // It has to do with what the list has.
  return WithOptions(ListPolicy{.pdq_radius = Radius{0}}, alone).status();
}

std::string MatchedText(const ListPolicy& policy) {
  if (!policy.enabled) return "no";
  if (policy.expires_unix_ms && *policy.expires_unix_ms <= base::NowUnixMs()) {
    return "expired";
  }
  return policy.shadow ? "shadow" : "yes";
}

Status PutPolicy(Console& console, const ListPolicy& policy) {
  KENAL_TRY(Put(console, "views", ViewSetName(policy.stored_views)));
  KENAL_TRY(
      Put(console, "second opinion", policy.second_opinion ? "on" : "off"));
  KENAL_TRY(Put(console, "action label",
                policy.action_label.empty() ? "none" : policy.action_label));
  KENAL_TRY(Put(console, "share", ShareText(policy)));
  KENAL_TRY(Put(console, "regions", RegionsText(policy)));
  KENAL_TRY(Put(console, "expires",
                policy.expires_unix_ms
                    ? base::FormatUtc(*policy.expires_unix_ms)
                    : "never"));
  return Put(console, "shadow", policy.shadow ? "on" : "off");
}

}  // namespace kenal::cli
