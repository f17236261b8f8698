#include "tools/kenal/scan_options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <thread>
#include <utility>

#include "src/base/digest.h"
#include "src/base/file.h"
#include "src/exchange/lines.h"
#include "src/exchange/text.h"
#include "tools/kenal/words.h"

namespace kenal::cli {
namespace {

namespace fs = std::filesystem;
using findings::Exhibit;

constexpr size_t kIdBytesMax = 128;
constexpr size_t kExhibitLineBytesMax = 64 * 1024;
constexpr uint64_t kProgramBytesMax = uint64_t{1} << 30;

struct Unit {
  std::string_view name;
  double factor;
};

// A number and a unit, blanks between them or not.
std::optional<double> ParseWithUnit(const std::string& text,
                                    std::span<const Unit> units) {
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !std::isfinite(value) || value < 0) return {};
  std::string unit(end, text.data() + text.size());
  std::erase(unit, ' ');
  for (const Unit& one : units) {
    if (unit == one.name) return value * one.factor;
  }
  return std::nullopt;
}

std::string IdOf(const std::string& path) {
  fs::path full = fs::path(path).lexically_normal();
  if (full.filename().empty()) full = full.parent_path();
  std::string id = exchange::ToUtf8(full.filename().string());
  if (id.empty() || id == "." || id == "..") {
    std::error_code ignored;
    id = exchange::ToUtf8(
        fs::weakly_canonical(path, ignored).filename().string());
  }
  while (id.size() > kIdBytesMax - 8 || !exchange::IsUtf8(id)) id.pop_back();
  return id.empty() ? "exhibit" : id;
}

// An id before '=' is one of plain letters, so that a path with '=' in it is
// taken for a path.
std::optional<size_t> IdLength(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos || equals > kIdBytesMax) {
    return std::nullopt;
  }
  const bool is_plain =
      std::all_of(text.begin(), text.begin() + static_cast<long>(equals),
                  [](unsigned char c) {
                    return std::isalnum(c) != 0 || c == '-' || c == '_' ||
                           c == '.' || c == '#';
                  });
  std::error_code ignored;
  if (!is_plain || fs::exists(text, ignored)) return std::nullopt;
  return equals;
}

class ExhibitList {
 public:
  Status Add(const std::string& text) {
    if (const auto length = IdLength(text)) {
      return AddAs(text.substr(0, *length), text.substr(*length + 1));
    }
    std::string id = IdOf(text);
    for (int n = 2; ids_.contains(id); ++n) {
      id = IdOf(text) + "-" + std::to_string(n);
    }
    return AddAs(id, text);
  }

  Status AddAs(const std::string& id, const std::string& path) {
    if (id.empty() || id.size() > kIdBytesMax || !exchange::IsUtf8(id)) {
      return InvalidArgument("an exhibit's id has 1 to 128 bytes of UTF-8");
    }
    if (path.empty()) return InvalidArgument("exhibit " + id + " has no path");
    std::error_code ignored;
    fs::path full = fs::absolute(path, ignored).lexically_normal();
    if (full.filename().empty()) full = full.parent_path();
    if (!ids_.insert(id).second) {
      return InvalidArgument("two exhibits are called " + id +
                             "; give each its own as ID=PATH");
    }
    exhibits_.push_back({.id = id, .path = full.string()});
    return OkStatus();
  }

  Status AddEachIn(const std::string& folder) {
    KENAL_TRY_ASSIGN(const std::vector<std::string> names,
                     scan::NamesIn(folder));
    for (const std::string& name : names) {
      KENAL_TRY(Add((fs::path(folder) / name).string()));
    }
    return OkStatus();
  }

  Status AddFile(const std::string& path) {
    KENAL_TRY_ASSIGN(const auto lines,
                     exchange::LineReader::Open(path, kExhibitLineBytesMax));
    for (;;) {
      KENAL_TRY_ASSIGN(const auto line, lines->Next());
      if (!line) return OkStatus();
      if (line->text.empty() || line->text.starts_with('#')) continue;
      const std::string text(line->text);
      const size_t tab = text.find('\t');
      KENAL_TRY(tab == std::string::npos
                    ? Add(text)
                    : AddAs(text.substr(0, tab), text.substr(tab + 1)));
    }
  }

  std::vector<Exhibit> Take() { return std::move(exhibits_); }

 private:
  std::set<std::string> ids_;
  std::vector<Exhibit> exhibits_;
};

Status CheckText(const char* option, const std::string& text) {
  constexpr size_t kTextMax = 500;
  if (text.empty()) {
    return InvalidArgument(std::string(option) +
                           " is missing: a scan says its --case, on whose "
                           "--authority it is done, and by which --examiner");
  }
  if (text.size() > kTextMax || !exchange::IsUtf8(text)) {
    return InvalidArgument(std::string(option) +
                           " takes 1 to 500 bytes of UTF-8");
  }
  return OkStatus();
}

// Where this program is. A loader that was started with the program as its
// argument, as bundles do, is what /proc names then.
std::string ProgramPath(const Context& context) {
  const std::string self = "/proc/self/exe";
  std::error_code error;
  const fs::path named = fs::read_symlink(self, error);
  const bool is_loader = named.filename().string().starts_with("ld-");
  if ((error || is_loader) && !context.arguments.empty()) {
    return context.arguments.front();
  }
  return self;
}

// Version and the program's own digest: what exactly was run.
std::string ToolText(const Context& context) {
  std::string text = std::string("kenal ") + KENAL_VERSION;
  const auto bytes = base::ReadFile(ProgramPath(context), kProgramBytesMax);
  if (bytes.ok()) {
    text +=
        ", SHA-256 of the program " + Sha256{base::Sha256Of(*bytes)}.ToHex();
  }
  return text;
}

StatusOr<scan::SampleOrder> SampleOf(const ScanFlags& flags) {
  scan::SampleOrder order;
  KENAL_TRY_ASSIGN(order.material_bytes, ParseSize(flags.sample));
  if (order.material_bytes == 0) {
    return InvalidArgument("--sample takes a size above 0, such as 100MiB");
  }
  order.confidence = flags.confidence / 100;
  if (flags.seed) {
    order.seed = *flags.seed;
  } else {
    base::RandomBytes(
        {reinterpret_cast<uint8_t*>(&order.seed), sizeof order.seed});
  }
  return order;
}

}  // namespace

StatusOr<std::chrono::milliseconds> ParseDuration(const std::string& text) {
  constexpr Unit kUnits[] = {{"", 1},   {"s", 1},    {"min", 60},
                             {"m", 60}, {"h", 3600}, {"d", 86400}};
  const auto seconds = ParseWithUnit(text, kUnits);
  constexpr double kSecondsMax = 366.0 * 86400;
  if (!seconds || *seconds <= 0 || *seconds > kSecondsMax) {
    return InvalidArgument("takes a time such as 90s, 30min or 2h");
  }
  return std::chrono::milliseconds(std::llround(*seconds * 1000));
}

StatusOr<uint64_t> ParseSize(const std::string& text) {
  constexpr double kKibi = 1024;
  constexpr Unit kUnits[] = {{"", kKibi * kKibi},
                             {"B", 1},
                             {"kB", 1e3},
                             {"MB", 1e6},
                             {"GB", 1e9},
                             {"TB", 1e12},
                             {"KiB", kKibi},
                             {"MiB", kKibi * kKibi},
                             {"GiB", kKibi * kKibi * kKibi},
                             {"TiB", kKibi * kKibi * kKibi * kKibi}};
  const auto bytes = ParseWithUnit(text, kUnits);
  constexpr double kBytesMax = 1e18;
  if (!bytes || *bytes > kBytesMax) {
    return InvalidArgument("takes a size such as 100MiB or 1.5GB");
  }
  return static_cast<uint64_t>(std::llround(*bytes));
}

std::string DefaultKeyPath() {
  const char* config = std::getenv("XDG_CONFIG_HOME");
  if (config != nullptr && *config == '/') {
    return std::string(config) + "/kenal/custody-key.pem";
  }
  const char* home = std::getenv("HOME");
  return std::string(home != nullptr ? home : ".") +
         "/.config/kenal/custody-key.pem";
}

namespace {

void AddWhatAndWhere(CLI::App& command, ScanFlags& flags) {
  command.add_option("EXHIBIT", flags.exhibits,
                     "A folder, a disk image (raw, split raw, E01: its first\n"
                     "segment) or any file; ID=PATH gives it a name");
  command
      .add_option("--each-in", flags.each_in,
                  "Each child of this folder is an exhibit of its own")
      ->type_name("DIR");
  command
      .add_option("--exhibits", flags.exhibits_file,
                  "Further exhibits, one a line: PATH, ID=PATH or\n"
                  "ID, a tab, PATH")
      ->type_name("FILE");
  command
      .add_option("--out", flags.out,
                  "Folder of the results; on a disk of its own, never on\n"
                  "evidence. Given again, an interrupted scan goes on")
      ->type_name("DIR");
  command.add_option("--case", flags.case_number, "Number of the case")
      ->type_name("TEXT");
  command
      .add_option("--authority", flags.authority,
                  "On whose order: a warrant, a court, a unit")
      ->type_name("TEXT");
  command.add_option("--examiner", flags.examiner, "Who does it")
      ->type_name("TEXT");
  command
      .add_option("--key", flags.key,
                  "Key that signs the custody log; made when it is missing\n"
                  "(~/.config/kenal/custody-key.pem)")
      ->type_name("FILE");
}

void AddHowMuch(CLI::App& command, ScanFlags& flags) {
  AddEffortOption(command, flags.effort);
  command
      .add_option("--workers", flags.workers,
                  "Pictures decoded at once (one a core when not given)")
      ->type_name("N")
      ->check(CLI::Range(0, kWorkersMax).description(""));
  command
      .add_option("--time-budget", flags.time_budget,
                  "End after so long, likely places first: 90s, 30min, 2h")
      ->type_name("TIME");
  command.add_option("--stop-at", flags.stop_at, "End after so many hits")
      ->type_name("N");
  command
      .add_option("--sample", flags.sample,
                  "Look at a random sample only, large enough to find listed,\n"
                  "readable material if there are this many bytes of it or "
                  "more")
      ->type_name("SIZE");
  command
      .add_option("--confidence", flags.confidence,
                  "With --sample: how sure, in percent (99)")
      ->type_name("PERCENT")
      ->check(CLI::Range(1.0, 99.9999).description(""));
  command
      .add_option("--seed", flags.seed,
                  "With --sample: draw the sample that this number draws")
      ->type_name("N");
}

}  // namespace

void AddScanFlags(CLI::App& command, ScanFlags& flags) {
  AddWhatAndWhere(command, flags);
  AddHowMuch(command, flags);
  command.add_flag("--accept-atime", flags.accept_atime,
                   "Go on where reading changes access times of the evidence;\n"
                   "the custody log records it");
  command.add_flag("--no-containers", flags.no_containers,
                   "Do not look into archives and disk images within "
                   "exhibits:\nthey count as not examined");
  command.add_flag("--no-thumbnails", flags.no_thumbnails,
                   "Do not look for thumbnails within pictures and caches");
  command.add_flag("--no-image-hash", flags.no_image_hash,
                   "Do not hash disk images as a whole: spares reading them\n"
                   "twice, and does not check what E01 stores");
  command
      .add_option("--reports", flags.reports,
                  "Which reports (all): jsonl, csv, vics, case, stacks,\n"
                  "graphml, html")
      ->type_name("KIND")
      ->delimiter(',');
  command.add_flag("--include-pdq", flags.include_pdq,
                   "PDQ of the evidence's pictures in report.jsonl");
  command.add_flag(
      "--link-exif", flags.link_exif,
      "Also read the serial numbers of cameras from pictures, and\n"
      "link exhibits that share one");
  command.add_flag("--fail-on-match", flags.fail_on_match,
                   "Exit with code 10 when something matched");
}

StatusOr<scan::ScanOptions> ScanOptionsOf(const ScanFlags& flags,
                                          const Context& context) {
  ExhibitList exhibits;
  for (const std::string& text : flags.exhibits) KENAL_TRY(exhibits.Add(text));
  for (const std::string& folder : flags.each_in) {
    KENAL_TRY(exhibits.AddEachIn(folder));
  }
  if (!flags.exhibits_file.empty()) {
    KENAL_TRY(exhibits.AddFile(flags.exhibits_file));
  }
  scan::ScanOptions options{.folder = flags.out, .exhibits = exhibits.Take()};
  if (options.exhibits.empty()) {
    return InvalidArgument(
        "what is to be scanned? give folders or disk images, or --each-in DIR");
  }
  if (flags.out.empty()) {
    return InvalidArgument(
        "where do the results go? give --out DIR, on a disk of its own");
  }
  KENAL_TRY(CheckText("--case", flags.case_number));
  KENAL_TRY(CheckText("--authority", flags.authority));
  KENAL_TRY(CheckText("--examiner", flags.examiner));
  findings::Run& about = options.about;
  about.case_number = flags.case_number;
  about.authority = flags.authority;
  about.examiner = flags.examiner;
  about.tool = ToolText(context);
  about.host = WhoAmIHere();
  about.arguments = context.arguments;
  about.lists_from = context.server.empty() ? "store" : "service";
  KENAL_TRY_ASSIGN(about.effort, ParseEffort(flags.effort));
  if (flags.accept_atime) options.times = scan::AccessTimes::kMayChange;
  about.scope = {.containers = !flags.no_containers,
                 .thumbnails = !flags.no_thumbnails,
                 .cameras = flags.link_exif};
  options.hashes_images = !flags.no_image_hash;
  options.stop_at_hits = flags.stop_at;
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  // One decodes while another reads and takes digests.
  options.thread_count =
      2 * std::max(1, flags.workers > 0 ? flags.workers : cores);
  if (!flags.time_budget.empty()) {
    auto budget = ParseDuration(flags.time_budget);
    if (!budget.ok()) {
      return InvalidArgument("--time-budget " +
                             std::string(budget.status().message()));
    }
    options.time_budget = *budget;
  }
  if (!flags.sample.empty()) {
    auto sample = SampleOf(flags);
    if (!sample.ok()) {
      return InvalidArgument("--sample " +
                             std::string(sample.status().message()));
    }
    options.sample = *sample;
  }
  return options;
}

}  // namespace kenal::cli
