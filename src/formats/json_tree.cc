#include "src/formats/json_tree.h"

#include <algorithm>
#include <array>
#include <bit>

#include "src/exchange/text.h"

namespace kenal::formats {
namespace {

constexpr size_t kBlockBytes = 64 * 1024;

bool IsAscii(std::string_view text) {
  unsigned char bits = 0;
  for (const char c : text) bits |= static_cast<unsigned char>(c);
  return bits < 0x80;
}

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Characters that JSON escapes.
constexpr auto kEscaped = [] {
  std::array<bool, 256> escaped{};
  for (size_t c = 0; c < 0x20; ++c) escaped[c] = true;
  escaped['"'] = true;
  escaped['\\'] = true;
  return escaped;
}();

// Size of the part before the first character that is escaped.
size_t PlainSize(std::string_view text) {
  size_t size = 0;
  while (size < text.size() && !kEscaped[static_cast<uint8_t>(text[size])]) {
    ++size;
  }
  return size;
}

void AppendEscaped(char c, std::string& out) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  out += '\\';
  switch (c) {
    case '"':
    case '\\':
      out += c;
      return;
    case '\b':
      out += 'b';
      return;
    case '\f':
      out += 'f';
      return;
    case '\n':
      out += 'n';
      return;
    case '\r':
      out += 'r';
      return;
    case '\t':
      out += 't';
      return;
    default:
      out += "u00";
      out += kDigits[static_cast<unsigned char>(c) >> 4];
      out += kDigits[static_cast<unsigned char>(c) & 15];
  }
}

void AppendScalar(const JsonNode& node, std::string& out) {
  switch (node.kind) {
    case JsonNode::Kind::kNull:
      out += "null";
      return;
    case JsonNode::Kind::kFalse:
      out += "false";
      return;
    case JsonNode::Kind::kTrue:
      out += "true";
      return;
    case JsonNode::Kind::kNumber:
      out += node.text;
      return;
    default:
      AppendJsonText(node.text, out);
  }
}

}  // namespace

void JsonTree::Clear() {
  used_ = 0;
  block_ = 0;
  if (!blocks_.empty()) blocks_.front().clear();
  text_bytes_ = 0;
  open_.clear();
  key_ = {};
  too_large_ = false;
  is_utf8_ = true;
}

std::string_view JsonTree::Keep(std::string_view text) {
  if (!IsAscii(text) && !exchange::IsUtf8(text)) is_utf8_ = false;
  text_bytes_ += text.size();
  if (text_bytes_ > kTextBytesMax) {
    too_large_ = true;
    return {};
  }
  // A block never grows beyond what was reserved, so its texts stay in place.
  while (block_ < blocks_.size() &&
         blocks_[block_].capacity() - blocks_[block_].size() < text.size()) {
    if (++block_ < blocks_.size()) blocks_[block_].clear();
  }
  if (block_ == blocks_.size()) {
    // Few sizes, so that blocks are used again.
    blocks_.emplace_back().reserve(
        std::max(kBlockBytes, std::bit_ceil(text.size())));
  }
  std::string& block = blocks_[block_];
  const size_t at = block.size();
  block += text;
  return std::string_view(block).substr(at);
}

JsonNode* JsonTree::Add(JsonNode::Kind kind, std::string_view text) {
  if (used_ == kNodesMax) too_large_ = true;
  if (too_large_) {
    if (nodes_.empty()) nodes_.emplace_back();
    nodes_.front() = {};
    return &nodes_.front();
  }
  if (used_ == nodes_.size()) nodes_.emplace_back();
  JsonNode& node = nodes_[used_++];
  node = {.kind = kind, .key = key_, .text = text};
  if (!open_.empty()) {
    Open& parent = open_.back();
    (parent.last == nullptr ? parent.node->first : parent.last->next) = &node;
    parent.last = &node;
  }
  return &node;
}

void JsonTree::Key(std::string_view key) { key_ = Keep(key); }

bool JsonTree::Begin(JsonNode::Kind kind) {
  if (open_.size() == kDepthMax) return false;
  JsonNode* node = Add(kind, {});
  key_ = {};
  open_.push_back({.node = node, .last = nullptr});
  return true;
}

void JsonTree::End() { open_.pop_back(); }

void JsonTree::Leaf(JsonNode::Kind kind, std::string_view text) {
  const std::string_view kept = text.empty() ? text : Keep(text);
  Add(kind, kept);
  key_ = {};
}

void AppendJsonText(std::string_view text, std::string& out) {
  out += '"';
  while (!text.empty()) {
    const size_t size = PlainSize(text);
    out.append(text.data(), size);
    if (size == text.size()) break;
    AppendEscaped(text[size], out);
    text.remove_prefix(size + 1);
  }
  out += '"';
}

void AppendJson(const JsonNode& node, std::string& out) {
  const bool object = node.kind == JsonNode::Kind::kObject;
  if (!object && node.kind != JsonNode::Kind::kArray) {
    return AppendScalar(node, out);
  }
  out += object ? '{' : '[';
  for (const JsonNode* child = node.first; child; child = child->next) {
    if (child != node.first) out += ',';
    if (object) {
      AppendJsonText(child->key, out);
      out += ':';
    }
    AppendJson(*child, out);
  }
  out += object ? '}' : ']';
}

bool SameWord(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

const JsonNode* FindMember(const JsonNode& object, std::string_view key) {
  if (object.kind != JsonNode::Kind::kObject) return nullptr;
  for (const JsonNode* child = object.first; child; child = child->next) {
    if (SameWord(child->key, key)) return child;
  }
  return nullptr;
}

}  // namespace kenal::formats
