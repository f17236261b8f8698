#include "src/exchange/hash_json.h"

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>

#include <algorithm>
#include <limits>
#include <span>

#include "src/exchange/json_writer.h"
#include "src/exchange/text.h"

namespace kenal::exchange {
namespace {

using JsonValue = rapidjson::Value;

constexpr int kQualityMax = 100;
constexpr int kSideMax = std::numeric_limits<int32_t>::max();
// Names of formats and of failures are short words of ours; no digest is as
// short.
constexpr size_t kWordSizeMax = 24;
// An MD5 has as many digits; no shorter hash is known here.
constexpr size_t kHashDigitsMin = 32;

void WritePdqFields(const PdqView& view, bool dihedral, JsonWriter& json) {
  json.Field("hex", view.hash.ToHex());
  if (view.quality) json.Field("quality", *view.quality);
  json.Field("profile", PdqProfileName(view.profile));
  if (view.template_like) json.Field("template_like", *view.template_like);
  if (view.marr) json.Field("marr", view.marr->ToHex());
  if (view.region) {
    json.Key("region")
        .BeginObject()
        .Field("x", view.region->x)
        .Field("y", view.region->y)
        .Field("width", view.region->width)
        .Field("height", view.region->height)
        .EndObject();
  }
  if (!dihedral || !view.dihedral) return;
  json.Key("dihedral").BeginObject();
  for (size_t i = 0; i < kVariantCount; ++i) {
    json.Field(VariantName(static_cast<Variant>(i)),
               (*view.dihedral)[i].ToHex());
  }
  json.EndObject();
}

void WritePdq(std::span<const PdqView> views, bool dihedral, JsonWriter& json) {
  json.Key("pdq").BeginObject();
  bool in_views = false;
  for (const PdqView& view : views) {
    if (view.view == View::kStored) {
      WritePdqFields(view, dihedral, json);
      continue;
    }
    if (!in_views) json.Key("views").BeginObject();
    in_views = true;
    json.Key(ViewName(view.view)).BeginObject();
    WritePdqFields(view, dihedral, json);
    json.EndObject();
  }
  if (in_views) json.EndObject();
  json.EndObject();
}

Status Bad(std::string_view field, std::string_view why) {
  return InvalidArgument("field " + std::string(field) + " " +
                         std::string(why));
}

std::string_view TextOf(const JsonValue& value) {
  return {value.GetString(), value.GetStringLength()};
}

StatusOr<std::string_view> ReadText(const JsonValue& value,
                                    std::string_view field) {
  if (!value.IsString()) return Bad(field, "is not a string");
  return TextOf(value);
}

StatusOr<std::string> ReadWord(const JsonValue& value, std::string_view field) {
  KENAL_TRY_ASSIGN(const std::string_view text, ReadText(value, field));
  const bool good =
      !text.empty() && text.size() <= kWordSizeMax &&
      std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
      });
  if (!good) return Bad(field, "is not a word of a-z, 0-9 and _");
  return std::string(text);
}

StatusOr<int> ReadInt(const JsonValue& value, std::string_view field,
                      int maximum, int minimum = 0) {
  if (!value.IsInt() || value.GetInt() < minimum || value.GetInt() > maximum) {
    return Bad(field, "is not a whole number from " + std::to_string(minimum) +
                          " to " + std::to_string(maximum));
  }
  return value.GetInt();
}

StatusOr<bool> ReadBool(const JsonValue& value, std::string_view field) {
  if (!value.IsBool()) return Bad(field, "is not true or false");
  return value.GetBool();
}

template <typename HashType>
StatusOr<HashType> ReadHash(const JsonValue& value, std::string_view field) {
  KENAL_TRY_ASSIGN(const std::string_view hex, ReadText(value, field));
  StatusOr<HashType> hash = HashType::FromHex(hex);
  if (!hash.ok())
    return Bad(field, "is wrong: " + std::string(hash.status().message()));
  return hash;
}

// A word that cannot be a hash, so that it may be repeated in a message.
bool IsSafeName(std::string_view name) {
  constexpr size_t kSafeSizeMax = 24;
  return !name.empty() && name.size() <= kSafeSizeMax &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
         });
}

// Refuses what is no object, fields that are not in `known`, and repetition.
Status CheckFields(const JsonValue& value, std::string_view where,
                   std::span<const std::string_view> known,
                   std::string_view instead = "remove it") {
  if (!value.IsObject()) return Bad(where, "is not an object");
  std::vector<std::string_view> seen;
  for (const auto& member : value.GetObject()) {
    const std::string_view name = TextOf(member.name);
    const std::string prefix = std::string(where) + ".";
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return Bad(prefix + (IsSafeName(name) ? std::string(name) : "?"),
                 "is not known here; " + std::string(instead));
    }
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
      return Bad(prefix + std::string(name), "is there twice");
    }
    seen.push_back(name);
  }
  return OkStatus();
}

const JsonValue* Find(const JsonValue& object, const char* name) {
  const auto member = object.FindMember(name);
  return member == object.MemberEnd() ? nullptr : &member->value;
}

StatusOr<std::array<PdqHash, kVariantCount>> ReadDihedral(
    const JsonValue& value, const std::string& where) {
  std::array<std::string_view, kVariantCount> names;
  for (size_t i = 0; i < kVariantCount; ++i) {
    names[i] = VariantName(static_cast<Variant>(i));
  }
  KENAL_TRY(CheckFields(value, where, names));
  std::array<PdqHash, kVariantCount> variants;
  for (size_t i = 0; i < kVariantCount; ++i) {
    const std::string name(names[i]);
    const JsonValue* hex = Find(value, name.c_str());
    if (hex == nullptr) return Bad(where, "lacks " + name);
    KENAL_TRY_ASSIGN(variants[i], ReadHash<PdqHash>(*hex, where + "." + name));
  }
  return variants;
}

StatusOr<PdqProfile> ReadProfile(std::string_view name,
                                 const std::string& where) {
  for (const PdqProfile profile : {PdqProfile::kNative, PdqProfile::kReduced}) {
    if (name == PdqProfileName(profile)) return profile;
  }
  return Bad(where,
             "is not native or reduced; hash the picture again with "
             "this program");
}

// One number of a region: `minimum` to what keeps its far edge a number.
StatusOr<int> ReadExtent(const JsonValue& region, const std::string& where,
                         const char* name, int minimum, int before) {
  const JsonValue* value = Find(region, name);
  if (value == nullptr) return Bad(where, "lacks " + std::string(name));
  return ReadInt(*value, where + "." + name, kSideMax - before, minimum);
}

StatusOr<Region> ReadRegion(const JsonValue& value, const std::string& where) {
  constexpr std::string_view kKnown[] = {"x", "y", "width", "height"};
  KENAL_TRY(CheckFields(value, where, kKnown));
  Region out;
  KENAL_TRY_ASSIGN(out.x, ReadExtent(value, where, "x", 0, 1));
  KENAL_TRY_ASSIGN(out.y, ReadExtent(value, where, "y", 0, 1));
  KENAL_TRY_ASSIGN(out.width, ReadExtent(value, where, "width", 1, out.x));
  KENAL_TRY_ASSIGN(out.height, ReadExtent(value, where, "height", 1, out.y));
  return out;
}

// The fields of one view, in an object that was checked already.
StatusOr<PdqView> ReadPdqFields(const JsonValue& value, View view,
                                const std::string& where) {
  PdqView out{.view = view};
  const JsonValue* hex = Find(value, "hex");
  if (hex == nullptr) return Bad(where, "lacks hex");
  KENAL_TRY_ASSIGN(out.hash, ReadHash<PdqHash>(*hex, where + ".hex"));
  if (const JsonValue* quality = Find(value, "quality")) {
    KENAL_TRY_ASSIGN(out.quality,
                     ReadInt(*quality, where + ".quality", kQualityMax));
  }
  if (const JsonValue* profile = Find(value, "profile")) {
    KENAL_TRY_ASSIGN(const std::string_view name,
                     ReadText(*profile, where + ".profile"));
    KENAL_TRY_ASSIGN(out.profile, ReadProfile(name, where + ".profile"));
  }
  if (const JsonValue* flag = Find(value, "template_like")) {
    KENAL_TRY_ASSIGN(out.template_like,
                     ReadBool(*flag, where + ".template_like"));
  }
  if (const JsonValue* marr = Find(value, "marr")) {
    KENAL_TRY_ASSIGN(out.marr, ReadHash<MarrHash>(*marr, where + ".marr"));
  }
  if (const JsonValue* region = Find(value, "region")) {
    KENAL_TRY_ASSIGN(out.region, ReadRegion(*region, where + ".region"));
  }
  if (const JsonValue* dihedral = Find(value, "dihedral")) {
    KENAL_TRY_ASSIGN(out.dihedral,
                     ReadDihedral(*dihedral, where + ".dihedral"));
  }
  return out;
}

// "views" last.
constexpr std::string_view kPdqFields[] = {
    "hex",  "quality", "profile",  "template_like",
    "marr", "region",  "dihedral", "views"};

// The views beside the stored one, in their order.
Status ReadViews(const JsonValue& views, const std::string& where,
                 std::vector<PdqView>& out) {
  std::vector<std::string_view> names;
  std::string accepted;
  for (int i = 0; i < kViewCount; ++i) {
    const View view{static_cast<uint8_t>(i)};
    if (view == View::kStored) continue;
    names.push_back(ViewName(view));
    accepted += accepted.empty() ? "use one of: " : ", ";
    accepted += ViewName(view);
  }
  KENAL_TRY(CheckFields(views, where, names, accepted));
  if (views.MemberCount() == 0) return Bad(where, "is empty");
  for (const std::string_view name : names) {
    const JsonValue* fields = Find(views, std::string(name).c_str());
    if (fields == nullptr) continue;
    const std::string here = where + "." + std::string(name);
    KENAL_TRY(CheckFields(
        *fields, here, std::span(kPdqFields).first(std::size(kPdqFields) - 1)));
    KENAL_TRY_ASSIGN(const View view, ParseView(name));
    KENAL_TRY_ASSIGN(out.emplace_back(), ReadPdqFields(*fields, view, here));
  }
  return OkStatus();
}

StatusOr<std::vector<PdqView>> ReadPdq(const JsonValue& value) {
  constexpr std::string_view kWhere = "signals.pdq";
  KENAL_TRY(CheckFields(value, kWhere, kPdqFields));
  const JsonValue* views = Find(value, "views");
  std::vector<PdqView> out;
  const bool only_views = views != nullptr && value.MemberCount() == 1;
  if (!only_views) {
    KENAL_TRY_ASSIGN(out.emplace_back(),
                     ReadPdqFields(value, View::kStored, std::string(kWhere)));
  }
  if (views == nullptr) return out;
  KENAL_TRY(ReadViews(*views, std::string(kWhere) + ".views", out));
  return out;
}

Status ReadSignals(const JsonValue& value, SignalSet& signals) {
  constexpr std::string_view kKnown[] = {"pdq", "md5", "sha1", "sha256"};
  KENAL_TRY(CheckFields(value, "signals", kKnown));
  if (const JsonValue* pdq = Find(value, "pdq")) {
    KENAL_TRY_ASSIGN(signals.pdq, ReadPdq(*pdq));
  }
  if (const JsonValue* hex = Find(value, "md5")) {
    KENAL_TRY_ASSIGN(signals.md5, ReadHash<Md5>(*hex, "signals.md5"));
  }
  if (const JsonValue* hex = Find(value, "sha1")) {
    KENAL_TRY_ASSIGN(signals.sha1, ReadHash<Sha1>(*hex, "signals.sha1"));
  }
  if (const JsonValue* hex = Find(value, "sha256")) {
    KENAL_TRY_ASSIGN(signals.sha256, ReadHash<Sha256>(*hex, "signals.sha256"));
  }
  return OkStatus();
}

StatusOr<std::string> ReadPath(const JsonValue& root) {
  const JsonValue* path = Find(root, "path");
  const JsonValue* exact = Find(root, "path_base64");
  std::string out;
  if (path != nullptr) {
    KENAL_TRY_ASSIGN(out, ReadText(*path, "path"));
  }
  if (exact == nullptr) return out;
  KENAL_TRY_ASSIGN(const std::string_view base64,
                   ReadText(*exact, "path_base64"));
  StatusOr<std::string> bytes = FromBase64(base64);
  if (!bytes.ok())
    return Bad("path_base64", std::string(bytes.status().message()));
  if (ToUtf8(*bytes) != out) {
    return Bad("path_base64", "does not say the same as path");
  }
  return bytes;
}

Status ReadPicture(const JsonValue& root, SignalSet& signals) {
  PictureInfo picture;
  bool any = false;
  if (const JsonValue* width = Find(root, "width")) {
    KENAL_TRY_ASSIGN(picture.width, ReadInt(*width, "width", kSideMax));
    any = true;
  }
  if (const JsonValue* height = Find(root, "height")) {
    KENAL_TRY_ASSIGN(picture.height, ReadInt(*height, "height", kSideMax));
    any = true;
  }
  if (const JsonValue* format = Find(root, "format")) {
    KENAL_TRY_ASSIGN(picture.format, ReadWord(*format, "format"));
    any = true;
  }
  if (const JsonValue* damaged = Find(root, "damaged")) {
    KENAL_TRY_ASSIGN(picture.damaged, ReadBool(*damaged, "damaged"));
    any = true;
  }
  if (any) signals.picture = picture;
  return OkStatus();
}

// Failures are repeated in messages and answers, where no hash may be.
bool MayHoldHash(std::string_view text) {
  size_t digits = 0;
  for (const char c : text) {
    const bool is_digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
                          (c >= 'A' && c <= 'F');
    digits = is_digit ? digits + 1 : 0;
    if (digits == kHashDigitsMin) return true;
  }
  return false;
}

Status ReadFailure(const JsonValue& root, SignalSet& signals) {
  const JsonValue* message = Find(root, "error");
  const JsonValue* code = Find(root, "error_code");
  if (message == nullptr && code == nullptr) return OkStatus();
  if (message == nullptr) return Bad("error", "is missing beside error_code");
  SignalFailure failure{.code = "unspecified", .message = ""};
  KENAL_TRY_ASSIGN(failure.message, ReadText(*message, "error"));
  if (MayHoldHash(failure.message)) {
    failure.message =
        "could not be hashed; the reason given is not repeated, "
        "as it may hold a hash";
  }
  if (code != nullptr) {
    KENAL_TRY_ASSIGN(failure.code, ReadWord(*code, "error_code"));
  }
  signals.pdq_failure = std::move(failure);
  return OkStatus();
}

}  // namespace

void WriteSignals(const SignalSet& signals, bool dihedral, JsonWriter& json) {
  json.BeginObject();
  if (!signals.pdq.empty()) WritePdq(signals.pdq, dihedral, json);
  if (signals.md5) json.Field("md5", signals.md5->ToHex());
  if (signals.sha1) json.Field("sha1", signals.sha1->ToHex());
  if (signals.sha256) json.Field("sha256", signals.sha256->ToHex());
  json.EndObject();
}

std::string WriteHashLine(const HashLine& line, bool dihedral) {
  const SignalSet& signals = line.signals;
  JsonWriter json;
  json.BeginObject().OptionalField("path", line.path);
  if (signals.picture) {
    json.Field("width", signals.picture->width)
        .Field("height", signals.picture->height)
        .OptionalField("format", signals.picture->format)
        .Field("damaged", signals.picture->damaged);
  }
  if (signals.HasSignal()) {
    json.Key("signals");
    WriteSignals(signals, dihedral, json);
  }
  if (signals.pdq_failure) {
    json.Field("error", signals.pdq_failure->message)
        .Field("error_code", signals.pdq_failure->code);
  }
  json.EndObject();
  return json.Finish();
}

StatusOr<HashLine> ParseHashLine(std::string_view json) {
  // Iterative: nesting costs heap, not stack.
  constexpr unsigned kFlags =
      rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
  rapidjson::Document root;
  root.Parse<kFlags>(json.data(), json.size());
  if (root.HasParseError()) {
    return InvalidArgument(std::string("is not JSON at byte ") +
                           std::to_string(root.GetErrorOffset() + 1) + ": " +
                           rapidjson::GetParseError_En(root.GetParseError()));
  }
  constexpr std::string_view kKnown[] = {
      "path",    "path_base64", "width", "height",    "format",
      "damaged", "signals",     "error", "error_code"};
  KENAL_TRY(CheckFields(root, "line", kKnown));
  HashLine line;
  KENAL_TRY_ASSIGN(line.path, ReadPath(root));
  KENAL_TRY(ReadPicture(root, line.signals));
  if (const JsonValue* signals = Find(root, "signals")) {
    KENAL_TRY(ReadSignals(*signals, line.signals));
  }
  KENAL_TRY(ReadFailure(root, line.signals));
  if (!line.signals.HasSignal() && !line.signals.pdq_failure) {
    return InvalidArgument(
        "has neither signals nor an error; pass lines of kenal hash --json");
  }
  return line;
}

}  // namespace kenal::exchange
