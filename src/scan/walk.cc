#include "src/scan/walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <queue>
#include <string_view>
#include <utility>

#include "src/findings/findings.h"

namespace kenal::scan {
namespace {

namespace reason = findings::reason;

constexpr size_t kFilesAtOnce = 256;
// Longer than any path that a system lets people work with.
constexpr size_t kPathBytesMax = 64 * 1024;

struct Waiting {
  Rank rank = Rank::kOther;
  size_t depth = 0;
  std::string path;  // "" or ending with '/'
};

// For a heap whose top comes first: likely, then shallow, then by name.
struct ComesLater {
  bool operator()(const Waiting& a, const Waiting& b) const {
    return std::tie(a.rank, a.depth, a.path) >
           std::tie(b.rank, b.depth, b.path);
  }
};

struct FolderCloser {
  void operator()(DIR* folder) const { closedir(folder); }
};
using Listing = std::unique_ptr<DIR, FolderCloser>;

class Walker {
 public:
  Walker(const Root& root, uint32_t exhibit, const WalkEvents& events)
      : root_(root), exhibit_(exhibit), events_(events) {}

  Status Run() {
    waiting_.push({});
    while (!waiting_.empty() && !events_.is_over()) {
      const Waiting next = waiting_.top();
      waiting_.pop();
      KENAL_TRY(List(next));
    }
    return OkStatus();
  }

 private:
  Status List(const Waiting& at) {
    Opened opened = root_.OpenFolder(WithoutSlash(at.path));
    if (opened.would_change) {
      return FailedPrecondition(
          at.path +
          ": listing it would change its access time; mount the evidence "
          "read-only or with noatime, scan as its owner or as root, or give "
          "--accept-atime, which the custody log will record");
    }
    if (opened.problem) return Tell(at.path, *std::move(opened.problem));
    const int descriptor = opened.descriptor.number();
    // fdopendir takes the descriptor for its own.
    const Listing listing(fdopendir(dup(descriptor)));
    if (listing == nullptr) return Tell(at.path, ProblemOf(errno));
    const auto folder = std::make_shared<const FoundFolder>(
        FoundFolder{.exhibit = exhibit_, .path = at.path});
    for (;;) {
      errno = 0;
      const dirent* entry = readdir(listing.get());
      if (entry == nullptr) break;
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      KENAL_TRY(Take(descriptor, folder, name, at));
      if (found_.size() >= kFilesAtOnce) {
        KENAL_TRY(HandOver());
        if (events_.is_over()) return OkStatus();
      }
    }
    if (errno != 0) KENAL_TRY(Tell(at.path, ProblemOf(errno)));
    return HandOver();
  }

  Status Take(int descriptor, const std::shared_ptr<const FoundFolder>& folder,
              std::string_view name, const Waiting& at) {
    const std::string text(name);
    struct stat info;
    if (fstatat(descriptor, text.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
      return Tell(at.path + text, ProblemOf(errno));
    }
    if (S_ISDIR(info.st_mode)) return Enter(text, at);
    if (!S_ISREG(info.st_mode)) {
      return Tell(at.path + text, {std::string(reason::kSpecial),
                                   std::string(KindOf(info.st_mode))});
    }
    const Hint hint = HintOf(name);
    found_.push_back({.folder = folder,
                      .name = text,
                      .size_bytes = static_cast<uint64_t>(info.st_size),
                      .rank = RankOfFile(at.rank, hint),
                      .hint = hint});
    return OkStatus();
  }

  Status Enter(const std::string& name, const Waiting& at) {
    Waiting below{.depth = at.depth + 1, .path = at.path + name + "/"};
    if (below.path.size() > kPathBytesMax) {
      return Tell(below.path, {std::string(reason::kTooDeep),
                               "folders within folders without end"});
    }
    below.rank = RankOfFolder(below.path);
    waiting_.push(std::move(below));
    return OkStatus();
  }

  static std::string_view KindOf(mode_t mode) {
    if (S_ISLNK(mode)) return "a link, which is not followed";
    if (S_ISFIFO(mode)) return "a pipe";
    if (S_ISSOCK(mode)) return "a socket";
    return "a device";
  }

  static std::string_view WithoutSlash(std::string_view path) {
    return path.empty() ? path : path.substr(0, path.size() - 1);
  }

  Status Tell(const std::string& path, Problem problem) {
    return events_.problem(path.empty() ? "." : path, std::move(problem));
  }

  Status HandOver() {
    if (found_.empty()) return OkStatus();
    return events_.files(std::exchange(found_, {}));
  }

  const Root& root_;
  const uint32_t exhibit_;
  const WalkEvents& events_;
  std::priority_queue<Waiting, std::vector<Waiting>, ComesLater> waiting_;
  std::vector<FoundFile> found_;
};

}  // namespace

Status WalkFolder(const Root& root, uint32_t exhibit,
                  const WalkEvents& events) {
  return Walker(root, exhibit, events).Run();
}

}  // namespace kenal::scan
