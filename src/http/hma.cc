#include "src/http/hma.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <map>
#include <set>

#include "kenal/v1/match_service.pb.h"
#include "src/http/json.h"
#include "src/wire/limits.h"

namespace kenal::http {
namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

struct SignalName {
  std::string_view name;
  v1::SignalType type;
  size_t size_bytes;
};
// The first of each type is what answers call it.
constexpr SignalName kSignalNames[] = {{"pdq", v1::SIGNAL_TYPE_PDQ, 32},
                                       {"md5", v1::SIGNAL_TYPE_MD5, 16},
                                       {"sha1", v1::SIGNAL_TYPE_SHA1, 20},
                                       {"sha256", v1::SIGNAL_TYPE_SHA256, 32},
                                       {"photo_md5", v1::SIGNAL_TYPE_MD5, 16},
                                       {"video_md5", v1::SIGNAL_TYPE_MD5, 16}};

// Parameters of all lookups; `seed` is ignored, as the same content always
// falls the same way.
constexpr std::string_view kParameters[] = {
    "signal", "signal_type",      "banks",           "seed",
    "types",  "include_distance", "bypass_coinflip", "content_type"};

const SignalName* FindSignal(std::string_view name) {
  for (const SignalName& one : kSignalNames) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

bool IsTrue(std::string_view text) {
  return text == "true" || text == "True" || text == "1";
}

Status CheckParameters(const Target& target) {
  if (target.Find("url") != nullptr) {
    return InvalidArgument(
        "url: nothing is ever fetched from here; POST the picture to "
        "/m/lookup, or give its signal and signal_type");
  }
  for (const auto& [name, value] : target.parameters) {
    bool is_known = false;
    for (const std::string_view known : kParameters) is_known |= name == known;
    if (!is_known) {
      return InvalidArgument(
          "the target: holds a parameter that is not known; known are: "
          "signal, signal_type, banks, include_distance, seed");
    }
  }
  if (IsTrue(target.Get("bypass_coinflip"))) {
    return InvalidArgument(
        "bypass_coinflip: the share of a list is its policy and cannot be "
        "passed by");
  }
  return OkStatus();
}

Status ReadSignal(const Target& target, v1::SignalSet& signals) {
  const std::string* const text = target.Find("signal");
  const std::string* const type = target.Find("signal_type");
  if (text == nullptr || type == nullptr || text->empty() || type->empty()) {
    return InvalidArgument("signal and signal_type are both required");
  }
  const SignalName* const signal = FindSignal(*type);
  if (signal == nullptr) {
    return InvalidArgument(
        "signal_type: no such SignalType; there are pdq, md5 (also as "
        "photo_md5 and video_md5), sha1 and sha256");
  }
  std::string bytes;
  if (!Unhex(*text, bytes) || bytes.size() != signal->size_bytes) {
    return InvalidArgument("signal: invalid signal: is not " +
                           std::to_string(signal->size_bytes * 2) +
                           " hex digits");
  }
  switch (signal->type) {
    case v1::SIGNAL_TYPE_MD5:
      signals.set_md5(bytes);
      break;
    case v1::SIGNAL_TYPE_SHA1:
      signals.set_sha1(bytes);
      break;
    case v1::SIGNAL_TYPE_SHA256:
      signals.set_sha256(bytes);
      break;
    default:
      signals.add_pdq()->set_hash(bytes);
      break;
  }
  return OkStatus();
}

Status ReadPicture(Asked& asked, v1::Content& content) {
  if (asked.target.Find("signal") != nullptr ||
      asked.target.Find("signal_type") != nullptr) {
    return InvalidArgument(
        "signal: comes with GET; POST /m/lookup takes a picture");
  }
  if (MediaType(asked.content_type) != "multipart/form-data") {
    content.set_picture(std::move(asked.body));
    return OkStatus();
  }
  KENAL_TRY_ASSIGN(
      const FormPart part,
      OnlyFormPart(asked.body,
                   MediaTypeParameter(asked.content_type, "boundary")));
  if (part.name != "photo") {
    return InvalidArgument(
        "the form: no such content_type: call the part photo; videos are not "
        "looked up here");
  }
  content.set_picture(std::string(part.content));
  return OkStatus();
}

std::set<std::string, std::less<>> Banks(const Target& target) {
  std::set<std::string, std::less<>> banks;
  std::string_view rest = target.Get("banks");
  while (!rest.empty()) {
    const size_t comma = rest.find(',');
    if (comma != 0) banks.emplace(rest.substr(0, comma));
    rest = comma == rest.npos ? std::string_view() : rest.substr(comma + 1);
  }
  return banks;
}

void PutText(Writer& writer, std::string_view text) {
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void PutContent(Writer& writer, const v1::Match& match) {
  writer.StartObject();
  writer.Key("bank_content_id");
  writer.Uint64(match.entry().serial());
  if (match.has_distance_bits()) {
    writer.Key("distance");
    PutText(writer, std::to_string(match.distance_bits()));
  }
  writer.EndObject();
}

using ByBank = std::map<std::string, std::vector<const v1::Match*>>;

void PutBanks(Writer& writer, const ByBank& banks) {
  writer.StartObject();
  for (const auto& [bank, matches] : banks) {
    writer.Key(bank.c_str());
    writer.StartArray();
    for (const v1::Match* match : matches) PutContent(writer, *match);
    writer.EndArray();
  }
  writer.EndObject();
}

std::string WriteRaw(const std::vector<const v1::Match*>& matches,
                     bool with_distance) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  writer.Key("matches");
  writer.StartArray();
  for (const v1::Match* match : matches) {
    if (with_distance) {
      PutContent(writer, *match);
    } else {
      writer.Uint64(match->entry().serial());
    }
  }
  writer.EndArray();
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

bool PdqFailed(const v1::Answer& answer) {
  for (const v1::Check& check : answer.checks()) {
    if (check.signal() == v1::SIGNAL_TYPE_PDQ) {
      return check.state() == v1::CHECK_STATE_FAILED;
    }
  }
  return false;
}

bool HasMatch(v1::Verdict verdict) {
  return verdict == v1::VERDICT_EXACT || verdict == v1::VERDICT_NEAR ||
         verdict == v1::VERDICT_TEST;
}

// A misspelt name must not read as no match. An answer that names no lists
// cannot tell.
bool AllThere(const std::set<std::string, std::less<>>& banks,
              const v1::Answer& answer) {
  std::set<std::string, std::less<>> lists;
  for (const auto& version : answer.list_versions()) {
    lists.insert(version.list());
  }
  for (const auto& skipped : answer.lists_skipped()) {
    lists.insert(skipped.list());
  }
  return lists.empty() ||
         std::includes(lists.begin(), lists.end(), banks.begin(), banks.end());
}

std::string WriteByType(const std::vector<const v1::Match*>& matches,
                        bool with_pdq) {
  std::map<v1::SignalType, ByBank> by_type;
  if (with_pdq) by_type[v1::SIGNAL_TYPE_PDQ];
  for (const v1::Match* match : matches) {
    by_type[match->signal()][match->list()].push_back(match);
  }
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  for (const SignalName& signal : kSignalNames) {
    const auto found = by_type.find(signal.type);
    if (found == by_type.end()) continue;
    PutText(writer, signal.name);
    PutBanks(writer, found->second);
    by_type.erase(found);
  }
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

std::string WriteOneType(const std::vector<const v1::Match*>& matches) {
  ByBank banks;
  for (const v1::Match* match : matches) {
    banks[match->list()].push_back(match);
  }
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  PutBanks(writer, banks);
  return {buffer.GetString(), buffer.GetSize()};
}

Reply Failed(const std::string& message, const std::string& request_id) {
  return ErrorReply({.status = Unavailable(message), .request_id = request_id},
                    ErrorShape::kHma);
}

}  // namespace

Status ReadLookup(Asked& asked, v1::MatchRequest& request) {
  KENAL_TRY(CheckParameters(asked.target));
  request.set_limit(kHmaMatchesMax);
  v1::Content& content = *request.mutable_content();
  return asked.is_get ? ReadSignal(asked.target, *content.mutable_signals())
                      : ReadPicture(asked, content);
}

Reply WriteLookup(const Asked& asked, const v1::Answer& answer,
                  const std::string& request_id) {
  if (answer.verdict() == v1::VERDICT_UNAVAILABLE ||
      answer.verdict() == v1::VERDICT_UNSPECIFIED) {
    return Failed(
        "the picture or its signals could not be checked, so this is no "
        "answer; try again, or have a person look",
        request_id);
  }
  const auto banks = Banks(asked.target);
  if (!banks.empty() && answer.truncated()) {
    return Failed(
        "there are too many matches to pick those of some banks; "
        "use POST /v1/match",
        request_id);
  }
  if (!AllThere(banks, answer)) {
    return ErrorReply(
        {.status = InvalidArgument("banks: names a list that is not there"),
         .request_id = request_id},
        ErrorShape::kHma);
  }
  std::vector<const v1::Match*> matches;
  for (const v1::Match& match : answer.matches()) {
    const bool is_wanted = banks.empty()
                               ? match.purpose() == v1::PURPOSE_CHILD_ABUSE ||
                                     match.purpose() == v1::PURPOSE_TEST
                               : banks.contains(match.list());
    if (is_wanted && !match.shadow()) matches.push_back(&match);
  }
  if (matches.empty() && PdqFailed(answer)) {
    return Failed("the picture could not be compared by PDQ; try again",
                  request_id);
  }
  if (matches.empty() && banks.empty() && HasMatch(answer.verdict())) {
    return Failed(
        "there are matches, and none of them is among those that came; use "
        "POST /v1/match",
        request_id);
  }
  if (asked.route->kind == Route::Kind::kRawLookup) {
    return {.body = WriteRaw(matches,
                             IsTrue(asked.target.Get("include_distance")))};
  }
  return {.body = asked.is_get ? WriteOneType(matches)
                               : WriteByType(matches, !PdqFailed(answer))};
}

}  // namespace kenal::http
