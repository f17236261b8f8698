#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/util/time_util.h>
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
#include <vector>

#include "src/http/json.h"

namespace kenal::http {
namespace {

namespace pb = google::protobuf;
using Field = pb::FieldDescriptor;

// What a JSON value is, before its field says what it should be.
struct Value {
  enum Kind { kText, kSigned, kUnsigned, kReal, kBoolean } kind;
  std::string_view text;
  int64_t negative = 0;   // kSigned: below zero
  uint64_t positive = 0;  // kUnsigned
  double real = 0;
  bool boolean = false;
};

// A whole number from a JSON number or its text.
bool ToInteger(const Value& value, bool& is_negative, uint64_t& magnitude) {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  is_negative = false;
  switch (value.kind) {
    case Value::kSigned:
      is_negative = true;
      magnitude = uint64_t{0} - static_cast<uint64_t>(value.negative);
      return true;
    case Value::kUnsigned:
      magnitude = value.positive;
      return true;
    case Value::kReal:
      if (!(std::abs(value.real) <= kExact) ||
          std::trunc(value.real) != value.real) {
        return false;
      }
      is_negative = value.real < 0;
      magnitude = static_cast<uint64_t>(std::abs(value.real));
      return true;
    case Value::kText: {
      std::string_view digits = value.text;
      is_negative = digits.starts_with('-');
      if (is_negative) digits.remove_prefix(1);
      if (digits.empty() || digits.size() > 20) return false;
      magnitude = 0;
      for (const char digit : digits) {
        if (digit < '0' || digit > '9') return false;
        const uint64_t next =
            magnitude * 10 + static_cast<uint64_t>(digit - '0');
        if (magnitude > std::numeric_limits<uint64_t>::max() / 10 ||
            next < magnitude) {
          return false;
        }
        magnitude = next;
      }
      return true;
    }
    case Value::kBoolean:
      return false;
  }
  return false;
}

template <typename Number>
bool ToNumber(const Value& value, Number& number) {
  bool is_negative = false;
  uint64_t magnitude = 0;
  if (!ToInteger(value, is_negative, magnitude)) return false;
  if (is_negative && magnitude != 0) {
    if (std::is_unsigned_v<Number>) return false;
    const uint64_t most = uint64_t{1}
                          << (std::numeric_limits<Number>::digits % 64);
    if (magnitude > most) return false;
    number = static_cast<Number>(uint64_t{0} - magnitude);
    return true;
  }
  if (magnitude > static_cast<uint64_t>(std::numeric_limits<Number>::max())) {
    return false;
  }
  number = static_cast<Number>(magnitude);
  return true;
}

bool IsHexOfHash(std::string_view text) {
  const size_t size = text.size();
  return size == 32 || size == 40 || size == 64 || size == 144;
}

// Sets or adds; kInvalidArgument says what is wrong, without the field's name.
class Setter {
 public:
  Setter(pb::Message& message, const Field& field)
      : message_(message), field_(field) {}

  Status Set(const Value& value) {
    switch (field_.cpp_type()) {
      case Field::CPPTYPE_INT32:
        return SetNumber<int32_t>(value, &pb::Reflection::SetInt32,
                                  &pb::Reflection::AddInt32);
      case Field::CPPTYPE_INT64:
        return SetNumber<int64_t>(value, &pb::Reflection::SetInt64,
                                  &pb::Reflection::AddInt64);
      case Field::CPPTYPE_UINT32:
        return SetNumber<uint32_t>(value, &pb::Reflection::SetUInt32,
                                   &pb::Reflection::AddUInt32);
      case Field::CPPTYPE_UINT64:
        return SetNumber<uint64_t>(value, &pb::Reflection::SetUInt64,
                                   &pb::Reflection::AddUInt64);
      case Field::CPPTYPE_BOOL:
        if (value.kind != Value::kBoolean) return Wrong("true or false");
        Put(&pb::Reflection::SetBool, &pb::Reflection::AddBool, value.boolean);
        return OkStatus();
      case Field::CPPTYPE_ENUM:
        return SetEnum(value);
      case Field::CPPTYPE_STRING:
        return SetText(value);
      case Field::CPPTYPE_MESSAGE:
        return SetTime(value);
      default:
        return Wrong("a type that JSON can hold");
    }
  }

  static Status Wrong(std::string_view expected) {
    return InvalidArgument("is not " + std::string(expected));
  }

 private:
  template <typename Set, typename Add, typename T>
  void Put(Set set, Add add, T&& value) {
    const pb::Reflection& reflection = *message_.GetReflection();
    if (field_.is_repeated()) {
      (reflection.*add)(&message_, &field_, std::forward<T>(value));
    } else {
      (reflection.*set)(&message_, &field_, std::forward<T>(value));
    }
  }

  template <typename Number, typename Set, typename Add>
  Status SetNumber(const Value& value, Set set, Add add) {
    Number number = 0;
    if (!ToNumber(value, number)) {
      return Wrong("a whole number of " + std::to_string(sizeof number * 8) +
                   (std::is_unsigned_v<Number> ? " bits, 0 or more" : " bits"));
    }
    Put(set, add, number);
    return OkStatus();
  }

  Status SetEnum(const Value& value) {
    const pb::EnumDescriptor& values = *field_.enum_type();
    int32_t number = 0;
    const pb::EnumValueDescriptor* found = nullptr;
    if (value.kind == Value::kText) {
      found = values.FindValueByName(std::string(value.text));
    } else if (ToNumber(value, number)) {
      found = values.FindValueByNumber(number);
    }
    if (found == nullptr) {
      std::string names;
      for (int i = 0; i < values.value_count(); ++i) {
        names += (i == 0 ? "" : ", ") + values.value(i)->name();
      }
      return Wrong("one of " + names);
    }
    Put(&pb::Reflection::SetEnum, &pb::Reflection::AddEnum, found);
    return OkStatus();
  }

  Status SetText(const Value& value) {
    const bool is_bytes = field_.type() == Field::TYPE_BYTES;
    if (value.kind != Value::kText) {
      return Wrong(is_bytes ? "text: base64, or hex for a hash" : "text");
    }
    std::string text;
    if (!is_bytes) {
      text.assign(value.text);
    } else if (field_.name() != "picture" && IsHexOfHash(value.text) &&
               Unhex(value.text, text)) {
      // Taken as hex.
    } else if (!Unbase64(value.text, text)) {
      return Wrong("base64, nor hex of a hash's length");
    }
    Put(static_cast<void (pb::Reflection::*)(pb::Message*, const Field*,
                                             std::string) const>(
            &pb::Reflection::SetString),
        static_cast<void (pb::Reflection::*)(pb::Message*, const Field*,
                                             std::string) const>(
            &pb::Reflection::AddString),
        std::move(text));
    return OkStatus();
  }

  Status SetTime(const Value& value) {
    pb::Timestamp time;
    if (value.kind != Value::kText ||
        field_.message_type() != pb::Timestamp::descriptor() ||
        !pb::util::TimeUtil::FromString(std::string(value.text), &time)) {
      return Wrong("a time such as \"2026-01-31T12:00:00Z\"");
    }
    const pb::Reflection& reflection = *message_.GetReflection();
    pb::Message* const target =
        field_.is_repeated() ? reflection.AddMessage(&message_, &field_)
                             : reflection.MutableMessage(&message_, &field_);
    target->CopyFrom(time);
    return OkStatus();
  }

  pb::Message& message_;
  const Field& field_;
};

std::string KnownFields(const pb::Descriptor& type) {
  std::string names;
  for (int i = 0; i < type.field_count(); ++i) {
    names += (i == 0 ? "" : ", ") + type.field(i)->name();
  }
  return names.empty() ? "none" : names;
}

bool IsTime(const Field& field) {
  return field.message_type() == pb::Timestamp::descriptor();
}

// RapidJSON's events, each held against the message that is being filled.
class Handler {
 public:
  explicit Handler(pb::Message& root) : root_(&root) {}

  const Status& status() const { return status_; }

  bool Null() {
    if (levels_.empty()) return Fail(InvalidArgument("the body: is null"));
    if (levels_.back().in_array) return Fail(At("holds a null"));
    return Count(1);  // As if the field were not there.
  }
  bool Bool(bool value) {
    return Scalar({.kind = Value::kBoolean, .boolean = value});
  }
  bool Int(int value) { return Int64(value); }
  bool Uint(unsigned value) { return Uint64(value); }
  bool Int64(int64_t value) {
    if (value >= 0) return Uint64(static_cast<uint64_t>(value));
    return Scalar({.kind = Value::kSigned, .negative = value});
  }
  bool Uint64(uint64_t value) {
    return Scalar({.kind = Value::kUnsigned, .positive = value});
  }
  bool Double(double value) {
    return Scalar({.kind = Value::kReal, .real = value});
  }
  bool RawNumber(const char*, rapidjson::SizeType, bool) { return false; }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    return Scalar({.kind = Value::kText, .text = {text, size}});
  }

  bool StartObject() {
    if (++messages_ > kJsonMessagesMax) return Fail(TooMany());
    if (!Count(1)) return false;
    if (levels_.empty()) {
      levels_.push_back({.message = root_});
      return true;
    }
    Level& level = levels_.back();
    const Field& field = *level.field;
    if (field.cpp_type() != Field::CPPTYPE_MESSAGE || IsTime(field)) {
      return Fail(At("is an object where a value belongs"));
    }
    if (field.is_repeated() != level.in_array) {
      return Fail(At("belongs in an array, as in [{...}]"));
    }
    const pb::Reflection& reflection = *level.message->GetReflection();
    pb::Message* const child =
        level.in_array ? reflection.AddMessage(level.message, &field)
                       : reflection.MutableMessage(level.message, &field);
    levels_.push_back({.message = child});
    return true;
  }

  bool Key(const char* text, rapidjson::SizeType size, bool) {
    Level& level = levels_.back();
    const pb::Descriptor& type = *level.message->GetDescriptor();
    const std::string name(text, size);
    level.field = type.FindFieldByName(name);
    if (level.field == nullptr)
      level.field = type.FindFieldByCamelcaseName(name);
    if (level.field == nullptr) {
      return Fail(InvalidArgument(Path(levels_.size() - 1) +
                                  ": holds a field that is not known there; "
                                  "known are: " +
                                  KnownFields(type)));
    }
    const pb::OneofDescriptor* const oneof =
        level.field->real_containing_oneof();
    if (!level.seen.insert(level.field->number()).second) {
      return Fail(At("is there twice"));
    }
    if (oneof != nullptr && !level.oneofs.insert(oneof->index()).second) {
      return Fail(At("excludes another field that is set"));
    }
    return true;
  }

  bool EndObject(rapidjson::SizeType) {
    levels_.pop_back();
    return true;
  }

  bool StartArray() {
    if (levels_.empty()) {
      return Fail(InvalidArgument("the body: is an array; send an object"));
    }
    Level& level = levels_.back();
    if (!level.field->is_repeated() || level.in_array) {
      return Fail(At("is an array where one value belongs"));
    }
    level.in_array = true;
    return Count(1);
  }

  bool EndArray(rapidjson::SizeType) {
    levels_.back().in_array = false;
    return true;
  }

 private:
  struct Level {
    pb::Message* message = nullptr;
    const Field* field = nullptr;  // of the last key
    bool in_array = false;
    std::set<int> seen;
    std::set<int> oneofs;
  };

  bool Scalar(const Value& value) {
    if (!Count(1)) return false;
    if (levels_.empty()) {
      return Fail(InvalidArgument("the body: is no object; send {...}"));
    }
    Level& level = levels_.back();
    if (level.field->cpp_type() == Field::CPPTYPE_MESSAGE &&
        !IsTime(*level.field)) {
      return Fail(At("is a value where an object belongs"));
    }
    if (level.field->is_repeated() != level.in_array) {
      return Fail(At("belongs in an array, as in [...]"));
    }
    const Status set = Setter(*level.message, *level.field).Set(value);
    return set.ok() || Fail(At(set.message()));
  }

  bool Count(size_t values) {
    values_ += values;
    return values_ <= kJsonValuesMax || Fail(TooMany());
  }

  static Status TooMany() {
    return InvalidArgument(
        "the body: holds more values than are accepted; send it in parts");
  }

  // Where level `depth` is: "content.signals"; of the last key with `depth` as
  // the number of levels.
  std::string Path(size_t depth) const {
    std::string path;
    for (size_t i = 0; i < depth; ++i) {
      path += (i == 0 ? "" : ".") + levels_[i].field->name();
    }
    return path.empty() ? "the body" : path;
  }

  template <typename Text>
  Status At(const Text& what) const {
    return InvalidArgument(Path(levels_.size()) + ": " +
                           std::string(what.data(), what.size()));
  }
  Status At(const char* what) const { return At(std::string_view(what)); }

  bool Fail(Status status) {
    status_ = std::move(status);
    return false;
  }

  pb::Message* const root_;
  std::vector<Level> levels_;
  size_t values_ = 0;
  size_t messages_ = 0;
  Status status_;
};

}  // namespace

Status ReadJson(std::string text, pb::Message& message) {
  if (text.find_first_not_of(" \t\r\n") == text.npos) return OkStatus();
  if (text.find('\0') != text.npos) {
    return InvalidArgument("the body: is no JSON: it holds a zero byte");
  }
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag |
                              rapidjson::kParseInsituFlag |
                              rapidjson::kParseValidateEncodingFlag |
                              rapidjson::kParseFullPrecisionFlag;
  Handler handler(message);
  rapidjson::Reader reader;
  rapidjson::InsituStringStream stream(text.data());
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, handler);
  if (!handler.status().ok()) return handler.status();
  if (result.IsError()) {
    return InvalidArgument("the body: is no JSON at byte " +
                           std::to_string(result.Offset()) + ": " +
                           rapidjson::GetParseError_En(result.Code()));
  }
  return OkStatus();
}

Status SetField(pb::Message& message, const Field& field,
                std::string_view text) {
  Value value{.kind = Value::kText, .text = text};
  std::string name;
  if (field.cpp_type() == Field::CPPTYPE_BOOL) {
    if (text == "true" || text == "false") {
      value = {.kind = Value::kBoolean, .boolean = text == "true"};
    }
  } else if (field.cpp_type() == Field::CPPTYPE_ENUM) {
    // EFFORT_UNSPECIFIED tells what the names of Effort begin with.
    const std::string& first = field.enum_type()->value(0)->name();
    name = first.substr(0, first.rfind('_') + 1) + std::string(text);
    for (char& letter : name) {
      if (letter >= 'a' && letter <= 'z') letter -= 'a' - 'A';
    }
    if (field.enum_type()->FindValueByName(name) != nullptr) value.text = name;
  }
  const Status set = Setter(message, field).Set(value);
  if (set.ok()) return set;
  return InvalidArgument(field.name() + ": " + std::string(set.message()));
}

}  // namespace kenal::http
