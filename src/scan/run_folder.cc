#include "src/scan/run_folder.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "src/base/file.h"
#include "src/custody/format.h"

namespace kenal::scan {
namespace {

namespace fs = std::filesystem;
using findings::Exhibit;
using findings::Journal;
using findings::Record;
using findings::Run;
namespace reason = findings::reason;

// Whether `path` is `folder` or lies beneath it, links resolved.
bool IsWithin(const fs::path& path, const fs::path& folder) {
  std::error_code error;
  // Of a relative path that is not there weakly_canonical() makes no other.
  const auto real = [&](const fs::path& given) {
    return fs::weakly_canonical(fs::absolute(given, error), error);
  };
  const fs::path a = real(path);
  const fs::path b = real(folder);
  const auto [end, at] = std::mismatch(b.begin(), b.end(), a.begin(), a.end());
  return end == b.end();
}

Status MakeFolder(const std::string& folder) {
  if (mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return OkStatus();
  const int error_number = errno;
  const std::string message =
      base::WithErrno(folder + ": cannot be made", error_number);
  return error_number == ENOSPC || error_number == EDQUOT
             ? ResourceExhausted(message)
             : Unavailable(message);
}

// A run that was ended before its journal was made leaves a log at most.
Status CheckIsEmpty(const std::string& folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().filename() == custody::kLogName) continue;
    return FailedPrecondition(folder + ": holds other files (" +
                              entry.path().filename().string() +
                              ") and no scan; give --out a new folder");
  }
  if (!error) return OkStatus();
  return Unavailable(folder + ": cannot be listed: " + error.message());
}

Status CheckIsSame(const std::string& folder, const Run& about,
                   std::span<const Exhibit> exhibits, const Earlier& earlier) {
  const auto refuse = [&](const std::string& what) {
    return InvalidArgument(
        folder + ": holds a scan with " + what +
        "; to go on with it, give what it was begun with, else give --out a "
        "new folder");
  };
  if (!earlier.run) return OkStatus();
  if (earlier.run->case_number != about.case_number) {
    return refuse("another case number (" + earlier.run->case_number + ")");
  }
  if (earlier.run->effort != about.effort) return refuse("another effort");
  if (earlier.run->scope != about.scope) {
    return refuse(
        "another choice of --no-containers, --no-thumbnails or "
        "--link-exif");
  }
  if (earlier.run->lists_from != about.lists_from) {
    return refuse("lists from a " + earlier.run->lists_from);
  }
  const auto same = [](const Exhibit& a, const Exhibit& b) {
    return a.id == b.id && a.path == b.path;
  };
  // Those that were not reached yet are not told; of a run that is over none
  // is.
  const bool is_over = findings::IsFinal(earlier.run->ending);
  if (earlier.exhibits.size() > exhibits.size() ||
      (is_over && earlier.exhibits.size() < exhibits.size()) ||
      !std::equal(earlier.exhibits.begin(), earlier.exhibits.end(),
                  exhibits.begin(), same)) {
    return refuse("other exhibits");
  }
  return OkStatus();
}

bool IsFinal(const findings::Place& place) {
  return place.reason != reason::kNotReached &&
         place.reason != reason::kNotSampled;
}

}  // namespace

Status CheckIsNoEvidence(const std::string& path,
                         std::span<const Exhibit> exhibits) {
  for (const Exhibit& exhibit : exhibits) {
    std::error_code ignored;
    if (!fs::is_directory(exhibit.path, ignored)) continue;
    if (!IsWithin(path, exhibit.path)) continue;
    return FailedPrecondition(
        path + ": lies within the exhibit " + exhibit.id +
        ", and nothing is ever written there; choose a place elsewhere");
  }
  return OkStatus();
}

StatusOr<std::unique_ptr<Journal>> OpenRunFolder(
    const std::string& folder, const Run& about,
    std::span<const Exhibit> exhibits, Judge& judge, Earlier& earlier) {
  KENAL_TRY(CheckIsNoEvidence(folder, exhibits));
  KENAL_TRY(MakeFolder(folder));
  std::vector<bool> is_hit;  // by number of content
  auto journal = Journal::Continue(folder, [&](Record&& record, uint64_t) {
    if (auto* run = std::get_if<Run>(&record)) {
      earlier.run = std::move(*run);
    } else if (auto* exhibit = std::get_if<Exhibit>(&record)) {
      const auto at =
          std::ranges::find(earlier.exhibits, exhibit->id, &Exhibit::id);
      if (at != earlier.exhibits.end()) {
        *at = std::move(*exhibit);
      } else {
        earlier.exhibits.push_back(std::move(*exhibit));
      }
    } else if (const auto* content = std::get_if<findings::Content>(&record)) {
      judge.Remember(*content);
      is_hit.push_back(content->is_hit());
    } else if (const auto* place = std::get_if<findings::Place>(&record)) {
      if (IsFinal(*place)) earlier.done.Add(*place);
      if (IsFinal(*place) && place->content &&
          *place->content < is_hit.size() && is_hit[*place->content]) {
        ++earlier.hit_places;
      }
    }
    return OkStatus();
  });
  if (journal.ok()) {
    earlier.torn_bytes = (*journal)->torn_bytes();
    KENAL_TRY(CheckIsSame(folder, about, exhibits, earlier));
    return journal;
  }
  if (journal.status().code() != StatusCode::kNotFound) return journal;
  KENAL_TRY(CheckIsEmpty(folder));
  return Journal::Create(folder);
}

}  // namespace kenal::scan
