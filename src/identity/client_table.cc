#include "src/identity/client_table.h"

#include <algorithm>
#include <charconv>
#include <tuple>
#include <utility>

#include "src/base/file.h"

namespace kenal::identity {
namespace {

constexpr size_t kNameBytesMax = 512;  // as long as names in certificates get
constexpr int kRateMax = 1'000'000'000;
constexpr int kInFlightMax = 10'000'000;

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

// What is left of a line is taken field by field; "" at its end.
std::string_view TakeField(std::string_view& line) {
  while (!line.empty() && IsBlank(line.front())) line.remove_prefix(1);
  size_t size = 0;
  while (size < line.size() && !IsBlank(line[size])) ++size;
  const std::string_view field = line.substr(0, size);
  line.remove_prefix(size);
  return field;
}

Status CheckName(std::string_view name) {
  if (name.size() > kNameBytesMax) {
    return InvalidArgument("the name is longer than " +
                           std::to_string(kNameBytesMax) + " bytes");
  }
  const bool printable = std::all_of(
      name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (!printable) {
    return InvalidArgument("the name holds more than printable ASCII");
  }
  if (name == "local") {
    return InvalidArgument(
        "\"local\" is what callers without a certificate are called");
  }
  return OkStatus();
}

StatusOr<int> ParseNumber(std::string_view field, std::string_view text,
                          int most) {
  int number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end || number < 1 || number > most) {
    return InvalidArgument(
        std::string(field) + " must be a whole number from 1 to " +
        std::to_string(most) + "; leave it out for no limit");
  }
  return number;
}

bool IsRegion(std::string_view text) {
  return text.size() == 2 && std::all_of(text.begin(), text.end(), [](char c) {
           return c >= 'A' && c <= 'Z';
         });
}

// "key=value" after the roles; `seen` holds the keys so far.
Status ParseSetting(std::string_view field, std::vector<std::string_view>& seen,
                    Caller& caller) {
  const size_t equals = field.find('=');
  const std::string_view key = field.substr(0, equals);
  const std::string_view value = equals == std::string_view::npos
                                     ? std::string_view()
                                     : field.substr(equals + 1);
  if (std::find(seen.begin(), seen.end(), key) != seen.end()) {
    return InvalidArgument(std::string(key) + " is given twice");
  }
  if (key == "rate") {
    KENAL_TRY_ASSIGN(caller.quota.items_per_second,
                     ParseNumber(key, value, kRateMax));
  } else if (key == "in-flight") {
    KENAL_TRY_ASSIGN(caller.quota.in_flight_max,
                     ParseNumber(key, value, kInFlightMax));
  } else if (key == "region") {
    if (!IsRegion(value)) {
      return InvalidArgument("region must be two letters A-Z, such as ID");
    }
    caller.region = value;
  } else {
    return InvalidArgument(
        "after the roles only rate=N, in-flight=N and region=XX may follow");
  }
  seen.push_back(key);
  return OkStatus();
}

// null for a line without a client.
StatusOr<std::shared_ptr<const Caller>> ParseLine(std::string_view line) {
  line = line.substr(0, line.find('#'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  const std::string_view name = TakeField(line);
  if (name.empty()) return nullptr;
  KENAL_TRY(CheckName(name));
  const std::string_view roles = TakeField(line);
  if (roles.empty()) {
    return InvalidArgument("no roles after the name; give ROLE[,ROLE]...");
  }
  auto caller = std::make_shared<Caller>();
  caller->name = name;
  KENAL_TRY_ASSIGN(caller->roles, ParseRoles(roles));
  std::vector<std::string_view> seen;
  for (std::string_view field = TakeField(line); !field.empty();
       field = TakeField(line)) {
    KENAL_TRY(ParseSetting(field, seen, *caller));
  }
  return caller;
}

Status OnLine(size_t number, std::string_view message) {
  return InvalidArgument("line " + std::to_string(number) + ": " +
                         std::string(message));
}

struct Row {
  size_t line = 0;
  std::shared_ptr<const Caller> caller;
};

}  // namespace

StatusOr<std::shared_ptr<const ClientTable>> ClientTable::Parse(
    std::string_view text) {
  if (text.size() > kBytesMax) {
    return InvalidArgument("a client table holds at most " +
                           std::to_string(kBytesMax) + " bytes");
  }
  std::vector<Row> rows;
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t size = std::min(text.find('\n'), text.size());
    auto caller = ParseLine(text.substr(0, size));
    if (!caller.ok())
      return OnLine(number, std::string(caller.status().message()));
    if (*caller != nullptr) rows.push_back({number, *std::move(caller)});
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return std::tie(a.caller->name, a.line) < std::tie(b.caller->name, b.line);
  });
  const auto table = std::make_shared<ClientTable>();
  for (size_t i = 0; i < rows.size(); ++i) {
    if (i > 0 && rows[i].caller->name == rows[i - 1].caller->name) {
      return OnLine(rows[i].line, rows[i].caller->name + " is on line " +
                                      std::to_string(rows[i - 1].line) +
                                      " already");
    }
    table->callers_.push_back(rows[i].caller);
  }
  return table;
}

StatusOr<std::shared_ptr<const ClientTable>> ClientTable::Load(
    const std::string& path) {
  KENAL_TRY_ASSIGN(const std::vector<uint8_t> bytes,
                   base::ReadFile(path, kBytesMax));
  auto table =
      Parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (table.ok()) return table;
  return InvalidArgument(path + ": " + std::string(table.status().message()));
}

std::shared_ptr<const Caller> ClientTable::Find(
    std::span<const std::string> sans) const {
  for (const std::string& san : sans) {
    const auto at = std::lower_bound(
        callers_.begin(), callers_.end(), san,
        [](const std::shared_ptr<const Caller>& caller,
           const std::string& name) { return caller->name < name; });
    if (at != callers_.end() && (*at)->name == san) return *at;
  }
  return nullptr;
}

}  // namespace kenal::identity
