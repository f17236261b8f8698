#include "src/formats/json_stream.h"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

namespace kenal::formats {
namespace {

constexpr unsigned kFlags = rapidjson::kParseIterativeFlag |
                            rapidjson::kParseNumbersAsStringsFlag |
                            rapidjson::kParseStopWhenDoneFlag;

// RapidJSON's stream concept over an Input.
class Characters {
 public:
  using Ch = char;
  explicit Characters(Input& input) : input_(input) {}
  char Peek() const { return input_.Peek(); }
  char Take() { return input_.Take(); }
  size_t Tell() const { return 0; }  // errors are told with Input::offset
  char* PutBegin() { return nullptr; }
  void Put(char) {}
  void Flush() {}
  size_t PutEnd(char*) { return 0; }

 private:
  Input& input_;
};

class Events : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Events> {
 public:
  Events(JsonTree& tree, Input* input) : tree_(tree), input_(input) {}

  bool Null() { return Leaf(JsonNode::Kind::kNull, {}); }
  bool Bool(bool value) {
    return Leaf(value ? JsonNode::Kind::kTrue : JsonNode::Kind::kFalse, {});
  }
  bool RawNumber(const char* text, unsigned size, bool) {
    return Leaf(JsonNode::Kind::kNumber, {text, size});
  }
  bool String(const char* text, unsigned size, bool) {
    return Leaf(JsonNode::Kind::kText, {text, size});
  }
  bool Key(const char* text, unsigned size, bool) {
    tree_.Key({text, size});
    return Next();
  }
  bool StartObject() { return Next() && tree_.Begin(JsonNode::Kind::kObject); }
  bool StartArray() { return Next() && tree_.Begin(JsonNode::Kind::kArray); }
  bool EndObject(unsigned) {
    tree_.End();
    return Next();
  }
  bool EndArray(unsigned) {
    tree_.End();
    return Next();
  }

 private:
  bool Leaf(JsonNode::Kind kind, std::string_view text) {
    tree_.Leaf(kind, text);
    return Next();
  }
  bool Next() {
    if (input_ != nullptr) input_->BeginToken();
    return true;
  }
  JsonTree& tree_;
  Input* input_;
};

std::string WhyNot(const rapidjson::ParseResult& result) {
  if (result.Code() == rapidjson::kParseErrorTermination) {
    return "is nested more than " + std::to_string(JsonTree::kDepthMax) +
           " levels deep";
  }
  return std::string("is not JSON: ") +
         rapidjson::GetParseError_En(result.Code());
}

}  // namespace

struct JsonStream::Parser {
  rapidjson::Reader reader;
  JsonTree key;
};

JsonStream::JsonStream(Input& input)
    : input_(input), parser_(std::make_unique<Parser>()) {}

JsonStream::~JsonStream() = default;

char JsonStream::Peek() {
  input_.BeginToken();
  while (true) {
    const char c = input_.Peek();
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r') return c;
    input_.Take();
  }
}

Status JsonStream::Open(char bracket) {
  if (Peek() != bracket) {
    return Wrong(std::string("should be ") + bracket + " here");
  }
  input_.Take();
  fresh_ = true;
  return OkStatus();
}

StatusOr<bool> JsonStream::More(char bracket) {
  const char c = Peek();
  if (c == bracket) {
    input_.Take();
    fresh_ = false;  // of the level around it, which has this one
    return false;
  }
  if (input_.AtEnd()) return Wrong("ends too early; it may be cut off");
  if (fresh_) {
    fresh_ = false;
    return true;
  }
  if (c != ',')
    return Wrong(std::string("should be , or ") + bracket + " here");
  input_.Take();
  return true;
}

Status JsonStream::ReadKey(std::string& key) {
  if (Peek() != '"') return Wrong("should be the name of a field here");
  KENAL_TRY(Read(parser_->key));
  key = parser_->key.root().text;
  if (Peek() != ':') return Wrong("should be : here");
  input_.Take();
  return OkStatus();
}

Status JsonStream::Read(JsonTree& tree) {
  Peek();
  tree.Clear();
  Characters characters(input_);
  Events events(tree, &input_);
  const rapidjson::ParseResult result =
      parser_->reader.Parse<kFlags>(characters, events);
  if (result.IsError()) {
    if (input_.AtEnd()) return Wrong("ends too early; it may be cut off");
    return Wrong(WhyNot(result));
  }
  fresh_ = false;
  return OkStatus();
}

Status JsonStream::Close() {
  Peek();
  return input_.AtEnd() && input_.status().ok()
             ? OkStatus()
             : Wrong("should end here; something follows");
}

Status ParseJson(std::string_view json, JsonTree& tree) {
  tree.Clear();
  rapidjson::MemoryStream characters(json.data(), json.size());
  Events events(tree, nullptr);
  rapidjson::Reader reader;
  constexpr unsigned kStop = rapidjson::kParseStopWhenDoneFlag;
  constexpr unsigned kWhole = kFlags & ~kStop;
  const rapidjson::ParseResult result =
      reader.Parse<kWhole>(characters, events);
  if (result.IsError()) return InvalidArgument(WhyNot(result));
  if (tree.too_large())
    return InvalidArgument("is larger than a record may be");
  return OkStatus();
}

}  // namespace kenal::formats
