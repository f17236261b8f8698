#include "src/custody/fields.h"

#include <algorithm>

#include "src/exchange/text.h"

namespace kenal::custody {

Fields::Fields() { json_.BeginObject(); }

Fields& Fields::Text(std::string_view key, std::string_view text) & {
  json_.Field(key, text);
  return *this;
}

Fields& Fields::Bytes(std::string_view key, std::string_view bytes) & {
  json_.BytesField(key, bytes);
  return *this;
}

Fields& Fields::Each(std::string_view key,
                     std::span<const std::string> bytes) & {
  json_.Key(key).BeginArray();
  for (const std::string& one : bytes) json_.Text(one);
  json_.EndArray();
  if (std::ranges::all_of(bytes, exchange::IsUtf8)) return *this;
  json_.Key(std::string(key) + "_base64").BeginArray();
  for (const std::string& one : bytes) json_.Text(exchange::ToBase64(one));
  json_.EndArray();
  return *this;
}

Fields& Fields::Flag(std::string_view key, bool value) & {
  json_.Field(key, value);
  return *this;
}

std::string Fields::Finish() && { return json_.EndObject().Finish(); }

}  // namespace kenal::custody
