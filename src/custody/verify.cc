#include "src/custody/verify.h"

#include <fcntl.h>
#include <rapidjson/document.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "src/base/descriptor.h"
#include "src/base/file.h"
#include "src/custody/format.h"
#include "src/custody/line_scan.h"
#include "src/custody/reports.h"
#include "src/exchange/text.h"

namespace kenal::custody {
namespace {

using Json = rapidjson::Value;

constexpr size_t kSignatureBytes = std::tuple_size_v<Signature>;
constexpr size_t kSignatureText = (kSignatureBytes + 2) / 3 * 4;

// A line that LineScan took for JSON.
struct Parsed {
  explicit Parsed(std::string_view line) {
    document.Parse<rapidjson::kParseIterativeFlag>(line.data(), line.size());
  }
  std::string Text(const char* name) const { return TextIn(document, name); }
  static std::string TextIn(const Json& object, const char* name) {
    if (!object.IsObject()) return {};
    const auto found = object.FindMember(name);
    if (found == object.MemberEnd() || !found->value.IsString()) return {};
    return {found->value.GetString(), found->value.GetStringLength()};
  }
  static std::optional<uint64_t> NumberIn(const Json& object,
                                          const char* name) {
    if (!object.IsObject()) return std::nullopt;
    const auto found = object.FindMember(name);
    if (found == object.MemberEnd() || !found->value.IsUint64()) {
      return std::nullopt;
    }
    return found->value.GetUint64();
  }
  rapidjson::Document document;
};

// What a closing record lists, in its own words.
struct Listed {
  std::string name;
  uint64_t size_bytes = 0;
  std::string sha256;
};

std::optional<Listed> ReadListed(const Json& object) {
  Listed out{.name = Parsed::TextIn(object, "name"),
             .sha256 = Parsed::TextIn(object, "sha256")};
  const auto size_bytes = Parsed::NumberIn(object, "size_bytes");
  if (out.name.empty() || out.sha256.size() != 64 || !size_bytes) {
    return std::nullopt;
  }
  out.size_bytes = *size_bytes;
  const std::string base64 = Parsed::TextIn(object, "name_base64");
  if (base64.empty()) return out;
  const auto exact = exchange::FromBase64(base64);
  if (!exact.ok() || exchange::ToUtf8(*exact) != out.name) return std::nullopt;
  out.name = *exact;
  return out;
}

// nullopt: not a list as it should be.
std::optional<std::vector<Listed>> ReadReports(const Parsed& close) {
  const auto found = close.document.FindMember("reports");
  if (found == close.document.MemberEnd() || !found->value.IsArray() ||
      found->value.Size() > kReportsMax) {
    return std::nullopt;
  }
  std::vector<Listed> out;
  for (const Json& one : found->value.GetArray()) {
    std::optional<Listed> listed = ReadListed(one);
    if (!listed || (!out.empty() && out.back().name >= listed->name)) {
      return std::nullopt;
    }
    out.push_back(*std::move(listed));
  }
  return out;
}

class Verifier {
 public:
  Verifier(const std::optional<PublicKey>& expected, std::string reports)
      : expected_(expected), folder_(std::move(reports)) {}

  Status Read(int fd);
  Verification Finish() &&;

 private:
  void Say(std::string problem) { out_.problems.push_back(std::move(problem)); }
  void ReadOpening(const LineScan& scan);
  void ReadClosing(const LineScan& scan, const std::string& head_before);
  void CheckSignature(std::string_view line, const std::string& at);
  void CheckReports(const std::vector<Listed>& listed);
  void CheckReport(const Listed& listed);
  void AddUnlisted(const std::vector<Listed>& listed);

  const std::optional<PublicKey>& expected_;
  const std::string folder_;
  Verification out_;
  bool closed_ = false;
};

Status Verifier::Read(int fd) {
  LineScan scan(fd);
  while (true) {
    const std::string head_before = scan.head();
    KENAL_TRY_ASSIGN(const LineScan::Step step, scan.Next());
    out_.records = scan.records();
    out_.head = scan.head();
    out_.end_byte = scan.end_byte();
    out_.clock_went_back = scan.clock_went_back();
    if (step == LineScan::Step::kEnd) {
      out_.torn_bytes = scan.torn() ? scan.torn()->size_bytes : 0;
      return OkStatus();
    }
    if (step == LineScan::Step::kDamaged) {
      out_.bad_record = scan.records() + 1;
      Say("record " + std::to_string(out_.bad_record) + ", at byte " +
          std::to_string(scan.end_byte()) + ", " + scan.problem());
      return OkStatus();
    }
    if (closed_) {
      out_.bad_record = scan.records();
      Say("record " + std::to_string(scan.records()) +
          " comes after the closing record");
      return OkStatus();
    }
    if (scan.records() == 1) ReadOpening(scan);
    if (scan.event() == kCloseEvent) ReadClosing(scan, head_before);
  }
}

void Verifier::ReadOpening(const LineScan& scan) {
  const Parsed line(scan.line());
  if (scan.event() != kOpenEvent || line.Text("format") != kFormat) {
    Say("record 1 does not begin a log of format " + std::string(kFormat));
    return;
  }
  const auto key = PublicKey::Parse(line.Text("public_key"));
  if (!key.ok() || key->ToBase64() != line.Text("public_key")) {
    Say("record 1 names no key");
    return;
  }
  out_.key = *key;
  if (expected_ && !(*expected_ == *key)) {
    Say("the log names another key than the one asked for: " +
        key->Fingerprint());
  }
}

void Verifier::CheckSignature(std::string_view line, const std::string& at) {
  out_.closed_at = at;
  out_.signature = SignatureState::kFails;
  const size_t tail = kSignatureField.size() + kSignatureText + 2;
  if (!out_.key || line.size() < tail) return;
  const std::string_view signed_bytes = line.substr(0, line.size() - tail);
  line.remove_prefix(signed_bytes.size());
  const auto decoded =
      exchange::FromBase64(line.substr(kSignatureField.size(), kSignatureText));
  if (!line.starts_with(kSignatureField) || !line.ends_with("\"}") ||
      !decoded.ok() || decoded->size() != kSignatureBytes) {
    return;
  }
  Signature signature;
  std::ranges::copy(*decoded, signature.begin());
  if (!out_.key->Holds(signed_bytes, signature)) return;
  out_.signature = expected_ && !(*expected_ == *out_.key)
                       ? SignatureState::kOtherKey
                       : SignatureState::kHolds;
}

void Verifier::ReadClosing(const LineScan& scan,
                           const std::string& head_before) {
  closed_ = true;
  const Parsed line(scan.line());
  CheckSignature(scan.line(), line.Text("at"));
  if (out_.signature == SignatureState::kFails) {
    Say("the signature of the closing record does not hold");
  }
  const auto count = Parsed::NumberIn(line.document, "records");
  if (count != scan.records() - 1 || line.Text("head") != head_before ||
      !out_.key || line.Text("public_key") != out_.key->ToBase64()) {
    Say("the closing record does not agree with the log before it");
  }
  const auto reports = ReadReports(line);
  if (!reports) {
    Say("the closing record's list of reports cannot be read");
  } else if (!folder_.empty()) {
    CheckReports(*reports);
  }
}

void Verifier::CheckReport(const Listed& listed) {
  const auto found = DigestReport(folder_, listed.name);
  ReportState state = ReportState::kSame;
  const std::string name = exchange::ForDisplay(listed.name);
  if (found.status().code() == StatusCode::kNotFound) {
    state = ReportState::kMissing;
    Say("report " + name + " is missing");
  } else if (!found.ok()) {
    state = ReportState::kMissing;
    Say("report " + name + " cannot be checked: " +
        exchange::ForDisplay(std::string(found.status().message())));
  } else if (found->size_bytes != listed.size_bytes ||
             Hex(found->sha256) != listed.sha256) {
    state = ReportState::kDiffers;
    Say("report " + name + " is not the one that was signed");
  }
  out_.reports.push_back({listed.name, state});
}

void Verifier::AddUnlisted(const std::vector<Listed>& listed) {
  const auto names = ReportNames(folder_);
  if (!names.ok()) {
    if (!listed.empty()) Say(std::string(names.status().message()));
    return;
  }
  for (const std::string& name : *names) {
    if (!std::ranges::binary_search(listed, name, {}, &Listed::name)) {
      out_.reports.push_back({name, ReportState::kUnlisted});
    }
  }
  std::ranges::sort(out_.reports, {}, &ReportCheck::name);
}

void Verifier::CheckReports(const std::vector<Listed>& listed) {
  for (const Listed& one : listed) CheckReport(one);
  AddUnlisted(listed);
}

Verification Verifier::Finish() && {
  if (closed_ && out_.torn_bytes > 0) {
    Say(std::to_string(out_.torn_bytes) +
        " bytes come after the closing record");
  }
  if (!out_.problems.empty()) {
    out_.state = State::kDamaged;
  } else if (closed_) {
    out_.state = State::kWhole;
  } else {
    out_.state = State::kOpen;
    if (out_.records == 0) Say("there is not one whole record");
    Say("there is no closing record: what may be missing at the end, nobody "
        "can tell");
    if (out_.torn_bytes > 0) {
      Say("the last " + std::to_string(out_.torn_bytes) +
          " bytes are no whole record");
    }
  }
  return std::move(out_);
}

}  // namespace

StatusOr<Verification> Verify(const std::string& path,
                              const std::optional<PublicKey>& expected,
                              const std::string& reports) {
  const base::Descriptor file(
      open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file.is_open() && (errno == ENOENT || errno == ENOTDIR)) {
    return NotFound(path + ": there is no custody log");
  }
  if (!file.is_open()) {
    return Unavailable(base::WithErrno(path + ": cannot be read", errno));
  }
  struct stat info {};
  if (fstat(file.number(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return InvalidArgument(path + ": is not a regular file");
  }
  Verifier verifier(expected, reports);
  const Status read = verifier.Read(file.number());
  if (!read.ok()) {
    return Status(read.code(), path + ": " + std::string(read.message()));
  }
  return std::move(verifier).Finish();
}

std::string_view StateName(State state) {
  switch (state) {
    case State::kWhole:
      return "whole";
    case State::kOpen:
      return "open";
    case State::kDamaged:
      return "damaged";
  }
  return "damaged";
}

std::string_view SignatureStateName(SignatureState state) {
  switch (state) {
    case SignatureState::kNone:
      return "none";
    case SignatureState::kHolds:
      return "holds";
    case SignatureState::kFails:
      return "fails";
    case SignatureState::kOtherKey:
      return "other key";
  }
  return "fails";
}

std::string_view ReportStateName(ReportState state) {
  switch (state) {
    case ReportState::kSame:
      return "same";
    case ReportState::kDiffers:
      return "differs";
    case ReportState::kMissing:
      return "missing";
    case ReportState::kUnlisted:
      return "unlisted";
  }
  return "missing";
}

}  // namespace kenal::custody
