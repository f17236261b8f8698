// One JSON value in memory, with numbers as they are spelled, and the texts
// that JSON is written as.
#ifndef KENAL_SRC_FORMATS_JSON_TREE_H_
#define KENAL_SRC_FORMATS_JSON_TREE_H_

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "kenal/status.h"

namespace kenal::formats {

// Texts live as long as the tree does and is not cleared.
struct JsonNode {
  enum class Kind : uint8_t {
    kNull,
    kFalse,
    kTrue,
    kNumber,  // `text` is its spelling
    kText,
    kArray,
    kObject,
  };
  Kind kind = Kind::kNull;
  std::string_view key;             // in an object
  std::string_view text;            // kNumber, kText
  const JsonNode* first = nullptr;  // child, of arrays and objects
  const JsonNode* next = nullptr;   // sibling

  bool is_text() const { return kind == Kind::kText; }
  bool is_null() const { return kind == Kind::kNull; }
};

// A tree that is filled event by event and used again and again: clearing
// keeps its memory. Not thread-safe.
class JsonTree {
 public:
  // Beyond this many nodes or bytes of text a value is dropped, not kept.
  static constexpr size_t kNodesMax = 1 << 16;
  static constexpr size_t kTextBytesMax = 4 << 20;
  static constexpr size_t kDepthMax = 64;

  void Clear();

  // Events, in the order of the text. False: nested deeper than kDepthMax.
  void Key(std::string_view key);
  bool Begin(JsonNode::Kind kind);
  void End();
  void Leaf(JsonNode::Kind kind, std::string_view text);

  const JsonNode& root() const { return nodes_.front(); }
  // The value was larger than a tree may be: the root is null.
  bool too_large() const { return too_large_; }
  // All its texts are UTF-8.
  bool is_utf8() const { return is_utf8_; }

 private:
  JsonNode* Add(JsonNode::Kind kind, std::string_view text);
  std::string_view Keep(std::string_view text);

  struct Open {
    JsonNode* node;
    JsonNode* last;
  };
  std::deque<JsonNode> nodes_;
  size_t used_ = 0;
  std::deque<std::string> blocks_;
  size_t block_ = 0;
  size_t text_bytes_ = 0;
  std::vector<Open> open_;
  std::string_view key_;
  bool too_large_ = false;
  bool is_utf8_ = true;
};

// Appends the JSON of a text, with quotes, or of a whole node. Equal values
// have equal JSON, but for numbers, whose spelling stays, and for the order
// of keys.
void AppendJsonText(std::string_view text, std::string& out);
void AppendJson(const JsonNode& node, std::string& out);

// Parses text that is one JSON value.
// Errors: kInvalidArgument, without the text.
Status ParseJson(std::string_view json, JsonTree& tree);

// Without regard to the case of ASCII letters.
bool SameWord(std::string_view a, std::string_view b);

// The member of that name, without regard to case; nullptr when there is none.
const JsonNode* FindMember(const JsonNode& object, std::string_view key);

}  // namespace kenal::formats

#endif  // KENAL_SRC_FORMATS_JSON_TREE_H_
