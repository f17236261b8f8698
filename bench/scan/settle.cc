#include "bench/scan/settle.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>

#include "bench/scan/for_each.h"
#include "bench/scan/put_file.h"
#include "src/exchange/json_writer.h"

namespace kenal::evidence {
namespace {

// Where each exhibit begins in a plan, and its end.
std::vector<size_t> Starts(const std::vector<File>& plan) {
  std::vector<size_t> starts;
  for (size_t i = 0; i < plan.size(); ++i) {
    if (i == 0 || plan[i].exhibit != plan[i - 1].exhibit) starts.push_back(i);
  }
  starts.push_back(plan.size());
  return starts;
}

std::string OriginalName(size_t index) {
  const std::string digits = std::to_string(index);
  return "k" + std::string(3 - std::min<size_t>(3, digits.size()), '0') +
         digits;
}

bool IsTold(const File& file) {
  switch (file.content.kind) {
    case Kind::kPicture:
    case Kind::kTrailed:
    case Kind::kText:
    case Kind::kRandom:
    case Kind::kZip:
      return false;
    default:
      return true;
  }
}

std::string TruthLine(const File& file, const Pictures& pictures) {
  const Content& content = file.content;
  exchange::JsonWriter json;
  json.BeginObject()
      .Field("exhibit", ExhibitName(file.exhibit))
      .BytesField("path", file.folder + file.name)
      .Field("kind", KindName(content.kind))
      .Field("duplicate", file.duplicate)
      .Field("likely", file.likely);
  const std::string_view verdict = VerdictOf(content.kind);
  if (!verdict.empty()) {
    const bool lone = content.kind == Kind::kLone;
    json.Field("verdict", verdict)
        .Field("original", lone ? "lone" : OriginalName(content.index));
    const bool altered = lone || content.kind == Kind::kAltered ||
                         content.kind == Kind::kAlteredZipped;
    const Known& known = lone ? pictures.lone : pictures.known[content.index];
    if (altered) {
      json.Field("alteration", known.copies[content.copy].alteration);
    }
  }
  return json.EndObject().Finish();
}

class FirstFailure {
 public:
  void Keep(const Status& status) {
    if (status.ok()) return;
    const std::lock_guard lock(mutex_);
    if (failure_.ok()) failure_ = status;
    failed_ = true;
  }
  bool failed() const { return failed_; }
  Status status() const { return failure_; }

 private:
  std::mutex mutex_;
  std::atomic<bool> failed_ = false;
  Status failure_;
};

}  // namespace

Total TotalOf(const std::vector<File>& plan, const Pictures& pictures,
              int threads) {
  std::atomic<uint64_t> bytes = 0;
  ForEach(threads, plan.size(), [&](size_t i) {
    const Content& content = plan[i].content;
    // What is most of the set need not be made to be measured.
    const bool picture = content.kind == Kind::kPicture ||
                         content.kind == Kind::kTrailed ||
                         content.kind == Kind::kMisnamed;
    bytes += picture ? pictures.distinct[content.index].bytes.size() + 8
                     : BytesOf(content, pictures).size();
  });
  return {.files = plan.size(), .bytes = bytes};
}

Status WriteFiles(const std::vector<File>& plan, const Pictures& pictures,
                  const std::string& folder, int threads) {
  KENAL_TRY(MakeEmptyFolder(folder));
  const std::vector<size_t> starts = Starts(plan);
  FirstFailure failure;
  ForEach(threads, starts.size() - 1, [&](size_t exhibit) {
    std::set<std::string> made;
    for (size_t i = starts[exhibit];
         i < starts[exhibit + 1] && !failure.failed(); ++i) {
      const File& file = plan[i];
      const std::string parent =
          folder + "/" + ExhibitName(file.exhibit) + "/" + file.folder;
      if (made.insert(parent).second) {
        std::error_code error;
        std::filesystem::create_directories(parent, error);
        if (error) failure.Keep(Unavailable(parent + ": " + error.message()));
      }
      failure.Keep(
          PutFile(parent + file.name, TextOf(BytesOf(file.content, pictures))));
    }
  });
  return failure.status();
}

Status WriteTruth(const std::vector<File>& plan, const Pictures& pictures,
                  const std::string& folder) {
  KENAL_TRY(MakeEmptyFolder(folder + "/originals"));
  KENAL_TRY(MakeEmptyFolder(folder + "/lone"));
  for (size_t i = 0; i < pictures.known.size(); ++i) {
    KENAL_TRY(PutFile(folder + "/originals/" + OriginalName(i) + ".jpg",
                      TextOf(pictures.known[i].original)));
  }
  KENAL_TRY(PutFile(folder + "/lone/lone.jpg", TextOf(pictures.lone.original)));
  std::string truth;
  for (const File& file : plan) {
    if (IsTold(file)) truth += TruthLine(file, pictures) + "\n";
  }
  return PutFile(folder + "/truth.jsonl", truth);
}

}  // namespace kenal::evidence
