#include "src/exchange/entry_line.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <utility>

#include "src/exchange/hash_json.h"

namespace kenal::exchange {
namespace {

using JsonValue = rapidjson::Value;

// As on the wire, so that a line is taken or refused by every route alike.
constexpr size_t kSourceIdBytesMax = 512;
constexpr size_t kTextBytesMax = 4096;
constexpr size_t kTagsMax = 256;

Status Bad(std::string_view field, std::string_view why) {
  return InvalidArgument("field " + std::string(field) + " " +
                         std::string(why));
}

StatusOr<std::string> ReadText(const JsonValue& value, std::string_view field,
                               size_t size_bytes_max = kTextBytesMax) {
  if (!value.IsString()) return Bad(field, "is not a string");
  if (value.GetStringLength() > size_bytes_max) {
    return Bad(field,
               "is longer than " + std::to_string(size_bytes_max) + " bytes");
  }
  return std::string(value.GetString(), value.GetStringLength());
}

Status CheckTags(const JsonValue& value, std::string_view field) {
  if (!value.IsArray()) return Bad(field, "is not an array");
  if (value.Size() <= kTagsMax) return OkStatus();
  return Bad(field, "has more than " + std::to_string(kTagsMax) + " items");
}

StatusOr<Classification> ReadClass(const JsonValue& value) {
  constexpr std::string_view kField = "classifications";
  if (!value.IsObject() || value.MemberCount() != 2 ||
      !value.HasMember("scheme") || !value.HasMember("raw_value")) {
    return Bad(kField, "takes objects of scheme and raw_value");
  }
  Classification out;
  KENAL_TRY_ASSIGN(out.scheme, ReadText(value["scheme"], kField));
  KENAL_TRY_ASSIGN(out.raw_value, ReadText(value["raw_value"], kField));
  return out;
}

Status ReadTags(const JsonValue& value, std::vector<Classification>& out) {
  KENAL_TRY(CheckTags(value, "classifications"));
  for (const JsonValue& each : value.GetArray()) {
    KENAL_TRY_ASSIGN(out.emplace_back(), ReadClass(each));
  }
  return OkStatus();
}

Status ReadTags(const JsonValue& value, std::vector<std::string>& out) {
  KENAL_TRY(CheckTags(value, "flags"));
  for (const JsonValue& each : value.GetArray()) {
    KENAL_TRY_ASSIGN(out.emplace_back(), ReadText(each, "flags"));
  }
  return OkStatus();
}

// What is left of a line is written by recursion: its depth is checked first.
bool IsDeep(std::string_view json) {
  constexpr int kDepthMax = 16;
  int depth = 0;
  bool in_text = false;
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_text) {
      if (c == '\\') ++i;
      in_text = c != '"';
    } else if (c == '"') {
      in_text = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kDepthMax) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

// Takes a member out of `root`, so that what is left is a hash line; a second
// one of that name stays there and is refused as unknown.
bool Take(JsonValue& root, const char* name, JsonValue& out) {
  const auto member = root.FindMember(name);
  if (member == root.MemberEnd()) return false;
  out = std::move(member->value);
  root.EraseMember(member);
  return true;
}

Status ReadBeside(JsonValue& root, EntryDraft& draft) {
  JsonValue value;
  if (Take(root, "source_id", value)) {
    KENAL_TRY_ASSIGN(draft.source_id,
                     ReadText(value, "source_id", kSourceIdBytesMax));
  }
  if (Take(root, "series", value)) {
    KENAL_TRY_ASSIGN(draft.series, ReadText(value, "series"));
  }
  if (Take(root, "classifications", value)) {
    KENAL_TRY(ReadTags(value, draft.classifications));
  }
  if (Take(root, "flags", value)) KENAL_TRY(ReadTags(value, draft.flags));
  if (Take(root, "overrules", value)) {
    KENAL_TRY_ASSIGN(const std::string text, ReadText(value, "overrules"));
    StatusOr<Overruled> overruled = ParseOverruled(text);
    if (!overruled.ok()) {
      return Bad("overrules", std::string(overruled.status().message()));
    }
    draft.overrules = *std::move(overruled);
  }
  return OkStatus();
}

}  // namespace

StatusOr<Overruled> ParseOverruled(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == text.npos || slash == 0 || slash + 1 == text.size()) {
    return InvalidArgument(
        "names no entry: write LIST/ID, such as hotline/17 or "
        "hotline/source:case-2");
  }
  KENAL_TRY(CheckListName(text.substr(0, slash)));
  return Overruled{.list = std::string(text.substr(0, slash)),
                   .reference = std::string(text.substr(slash + 1))};
}

StatusOr<EntryDraft> ParseEntryLine(std::string_view json) {
  if (IsDeep(json)) return InvalidArgument("is nested too deeply");
  constexpr unsigned kFlags =
      rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
  rapidjson::Document root;
  root.Parse<kFlags>(json.data(), json.size());
  EntryDraft draft;
  std::string rest(json);
  if (!root.HasParseError() && root.IsObject()) {
    KENAL_TRY(ReadBeside(root, draft));
    rapidjson::StringBuffer left;
    rapidjson::Writer<rapidjson::StringBuffer> writer(left);
    root.Accept(writer);
    rest.assign(left.GetString(), left.GetSize());
  }
  KENAL_TRY_ASSIGN(HashLine line, ParseHashLine(rest));
  if (!line.signals.HasSignal()) {
    return InvalidArgument("has no signals: the picture could not be hashed");
  }
  draft.signals = std::move(line.signals);
  draft.signals.pdq_failure.reset();
  draft.provenance.reference = std::move(line.path);
  return draft;
}

StatusOr<std::unique_ptr<EntryLineReader>> EntryLineReader::Open(
    const std::string& path, Provenance provenance) {
  KENAL_TRY_ASSIGN(auto lines, LineReader::Open(path, kLineBytesMax));
  return std::make_unique<EntryLineReader>(std::move(lines),
                                           std::move(provenance));
}

EntryLineReader::EntryLineReader(std::unique_ptr<LineReader> lines,
                                 Provenance provenance)
    : lines_(std::move(lines)), provenance_(std::move(provenance)) {}

StatusOr<std::optional<ImportItem>> EntryLineReader::Next() {
  while (true) {
    KENAL_TRY_ASSIGN(const std::optional<Line> line, lines_->Next());
    if (!line) return std::nullopt;
    const bool blank =
        line->text.find_first_not_of(" \t") == std::string_view::npos;
    if (blank && !line->too_long) continue;
    std::optional<ImportItem> item(std::in_place);
    item->position = line->number;
    if (line->too_long) {
      item->refused =
          "is longer than " + std::to_string(kLineBytesMax) + " bytes";
      return item;
    }
    StatusOr<EntryDraft> draft = ParseEntryLine(line->text);
    if (!draft.ok()) {
      item->refused = std::string(draft.status().message());
      return item;
    }
    item->draft = *std::move(draft);
    std::string reference = std::move(item->draft.provenance.reference);
    item->draft.provenance = provenance_;
    item->draft.provenance.reference = std::move(reference);
    return item;
  }
}

}  // namespace kenal::exchange
