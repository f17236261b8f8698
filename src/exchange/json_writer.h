// Builds one JSON value as one line of UTF-8.
//
//   JsonWriter json;
//   json.BeginObject().Field("path", path).Field("count", 3).EndObject();
//   std::string line = json.Finish();  // {"path":"...","count":3}
#ifndef KENAL_SRC_EXCHANGE_JSON_WRITER_H_
#define KENAL_SRC_EXCHANGE_JSON_WRITER_H_

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace kenal::exchange {

// Calls must nest as JSON does; that is checked when the value is finished.
// Not thread-safe.
class JsonWriter {
 public:
  JsonWriter();
  ~JsonWriter();
  JsonWriter(JsonWriter&&) noexcept;
  JsonWriter& operator=(JsonWriter&&) noexcept;

  JsonWriter& BeginObject();
  JsonWriter& EndObject();
  JsonWriter& BeginArray();
  JsonWriter& EndArray();
  JsonWriter& Key(std::string_view key);  // a literal of ours

  // Bytes that are not UTF-8 become U+FFFD.
  JsonWriter& Text(std::string_view text);
  JsonWriter& Signed(int64_t value);
  JsonWriter& Unsigned(uint64_t value);
  JsonWriter& Real(double value);
  JsonWriter& Boolean(bool value);

  JsonWriter& Field(std::string_view key, std::string_view text) {
    return Key(key).Text(text);
  }
  JsonWriter& Field(std::string_view key, const char* text) {
    return Key(key).Text(text);
  }
  JsonWriter& Field(std::string_view key, const std::string& text) {
    return Key(key).Text(text);
  }
  template <std::integral Number>
  JsonWriter& Field(std::string_view key, Number value) {
    Key(key);
    if constexpr (std::same_as<Number, bool>) {
      return Boolean(value);
    } else if constexpr (std::signed_integral<Number>) {
      return Signed(value);
    } else {
      return Unsigned(value);
    }
  }

  // A field for bytes that someone else named: as Field, and when they are not
  // UTF-8 also `key`_base64 with the exact bytes.
  JsonWriter& BytesField(std::string_view key, std::string_view bytes);
  // BytesField unless empty.
  JsonWriter& OptionalField(std::string_view key, std::string_view bytes);

  // The line, without an end of line. Once.
  std::string Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kenal::exchange

#endif  // KENAL_SRC_EXCHANGE_JSON_WRITER_H_
