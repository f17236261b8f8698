#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/util/time_util.h>
#include <rapidjson/writer.h>

#include <array>
#include <cstdint>

#include "src/http/json.h"

namespace kenal::http {
namespace {

namespace pb = google::protobuf;
using Field = pb::FieldDescriptor;

constexpr char kAlphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct Sink {
  using Ch = char;
  void Put(char c) { text.push_back(c); }
  void Flush() {}
  std::string text;
};
using Writer = rapidjson::Writer<Sink>;

void PutText(Writer& writer, const std::string& text) {
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void PutMessage(Writer& writer, const pb::Message& message);

// Item `index` of a repeated field; -1: the field itself.
void PutValue(Writer& writer, const pb::Message& message, const Field& field,
              int index) {
  const pb::Reflection& reflection = *message.GetReflection();
  const auto get = [&](auto one, auto item) {
    return index < 0 ? (reflection.*one)(message, &field)
                     : (reflection.*item)(message, &field, index);
  };
  switch (field.cpp_type()) {
    case Field::CPPTYPE_INT32:
      writer.Int(
          get(&pb::Reflection::GetInt32, &pb::Reflection::GetRepeatedInt32));
      break;
    case Field::CPPTYPE_UINT32:
      writer.Uint(
          get(&pb::Reflection::GetUInt32, &pb::Reflection::GetRepeatedUInt32));
      break;
    case Field::CPPTYPE_INT64:
      PutText(writer, std::to_string(get(&pb::Reflection::GetInt64,
                                         &pb::Reflection::GetRepeatedInt64)));
      break;
    case Field::CPPTYPE_UINT64:
      PutText(writer, std::to_string(get(&pb::Reflection::GetUInt64,
                                         &pb::Reflection::GetRepeatedUInt64)));
      break;
    case Field::CPPTYPE_DOUBLE:
      writer.Double(
          get(&pb::Reflection::GetDouble, &pb::Reflection::GetRepeatedDouble));
      break;
    case Field::CPPTYPE_FLOAT:
      writer.Double(
          get(&pb::Reflection::GetFloat, &pb::Reflection::GetRepeatedFloat));
      break;
    case Field::CPPTYPE_BOOL:
      writer.Bool(
          get(&pb::Reflection::GetBool, &pb::Reflection::GetRepeatedBool));
      break;
    case Field::CPPTYPE_ENUM: {
      // A value that this build does not know goes out as its number.
      const pb::EnumValueDescriptor* const value =
          get(&pb::Reflection::GetEnum, &pb::Reflection::GetRepeatedEnum);
      if (field.enum_type()->FindValueByName(value->name()) == value) {
        PutText(writer, value->name());
      } else {
        writer.Int(value->number());
      }
      break;
    }
    case Field::CPPTYPE_STRING: {
      const std::string text =
          get(&pb::Reflection::GetString, &pb::Reflection::GetRepeatedString);
      PutText(writer, field.type() == Field::TYPE_BYTES ? Base64(text) : text);
      break;
    }
    case Field::CPPTYPE_MESSAGE:
      PutMessage(writer, index < 0 ? reflection.GetMessage(message, &field)
                                   : reflection.GetRepeatedMessage(
                                         message, &field, index));
      break;
  }
}

void PutMessage(Writer& writer, const pb::Message& message) {
  if (message.GetDescriptor() == pb::Timestamp::descriptor()) {
    pb::Timestamp time;
    time.CopyFrom(message);
    PutText(writer, pb::util::TimeUtil::ToString(time));
    return;
  }
  const pb::Descriptor& type = *message.GetDescriptor();
  const pb::Reflection& reflection = *message.GetReflection();
  writer.StartObject();
  for (int i = 0; i < type.field_count(); ++i) {
    const Field& field = *type.field(i);
    if (field.has_presence() && !reflection.HasField(message, &field)) continue;
    writer.Key(field.name().c_str());
    if (!field.is_repeated()) {
      PutValue(writer, message, field, -1);
      continue;
    }
    writer.StartArray();
    const int count = reflection.FieldSize(message, &field);
    for (int item = 0; item < count; ++item) {
      PutValue(writer, message, field, item);
    }
    writer.EndArray();
  }
  writer.EndObject();
}

std::array<int8_t, 256> MakeValues() {
  std::array<int8_t, 256> values{};
  values.fill(-1);
  for (int8_t i = 0; i < 64; ++i) {
    values[static_cast<uint8_t>(kAlphabet[i])] = i;
  }
  values['-'] = 62;
  values['_'] = 63;
  return values;
}

int HexValue(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

}  // namespace

std::string WriteJson(const pb::Message& message) {
  Sink sink;
  Writer writer(sink);
  PutMessage(writer, message);
  return std::move(sink.text);
}

std::string Base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t at = 0; at < bytes.size(); at += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - at);
    uint32_t three = 0;
    for (size_t i = 0; i < 3; ++i) {
      three =
          three << 8 | (i < count ? static_cast<uint8_t>(bytes[at + i]) : 0);
    }
    for (size_t i = 0; i < 4; ++i) {
      text += i <= count ? kAlphabet[three >> (18 - 6 * i) & 63] : '=';
    }
  }
  return text;
}

bool Unbase64(std::string_view text, std::string& bytes) {
  static const std::array<int8_t, 256> kValues = MakeValues();
  if (text.size() % 4 == 0) {
    for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  }
  if (text.size() % 4 == 1) return false;
  bytes.clear();
  bytes.reserve(text.size() / 4 * 3 + 2);
  uint32_t held = 0;
  int bits = 0;
  for (const char letter : text) {
    const int value = kValues[static_cast<uint8_t>(letter)];
    if (value < 0) return false;
    held = held << 6 | static_cast<uint32_t>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes.push_back(static_cast<char>(held >> bits & 0xff));
    }
  }
  return true;
}

bool Unhex(std::string_view text, std::string& bytes) {
  if (text.size() % 2 != 0) return false;
  bytes.clear();
  for (size_t at = 0; at < text.size(); at += 2) {
    const int high = HexValue(text[at]);
    const int low = HexValue(text[at + 1]);
    if (high < 0 || low < 0) return false;
    bytes.push_back(static_cast<char>(high << 4 | low));
  }
  return true;
}

}  // namespace kenal::http
