#include "bench/formats/set_digest.h"

#include <rapidjson/document.h>
#include <rapidjson/filereadstream.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/digest.h"

namespace kenal::bench {
namespace {

using Value = rapidjson::Value;
using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

std::string_view TextOf(const Value& value) {
  return {value.GetString(), value.GetStringLength()};
}

void Put(const Value& value, Writer& out) {
  if (value.IsArray()) {
    out.StartArray();
    for (const Value& each : value.GetArray()) Put(each, out);
    out.EndArray();
    return;
  }
  if (!value.IsObject()) {
    value.Accept(out);
    return;
  }
  std::vector<std::pair<std::string_view, const Value*>> members;
  for (const auto& each : value.GetObject()) {
    members.emplace_back(TextOf(each.name), &each.value);
  }
  std::sort(members.begin(), members.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  out.StartObject();
  for (const auto& [key, member] : members) {
    out.Key(key.data(), static_cast<unsigned>(key.size()));
    Put(*member, out);
  }
  out.EndObject();
}

// Digests, added up as four numbers.
class Sum {
 public:
  void Add(std::string_view bytes) {
    const base::Sha256Bytes digest = base::Sha256Of(base::AsBytes(bytes));
    for (size_t i = 0; i < digest.size(); ++i) {
      lanes_[i / 8] += uint64_t{digest[i]} << (8 * (i % 8));
    }
  }
  std::string Hex() const {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string out;
    for (const uint64_t lane : lanes_) {
      for (int shift = 60; shift >= 0; shift -= 4) {
        out += kDigits[lane >> shift & 15];
      }
    }
    return out;
  }

 private:
  std::array<uint64_t, 4> lanes_{};
};

class Reader {
 public:
  explicit Reader(std::FILE* file)
      : stream_(file, buffer_.data(), buffer_.size()) {}

  SetDigest Read() {
    Sum root;
    out_.good = Object([&](const std::string& key) {
      if (key == "value") {
        return Array([&] { return cases_ ? Case(root) : Record(root); });
      }
      const std::string* value = One();
      if (value == nullptr) return false;
      if (key == "odata.metadata" || key == "@odata.context") {
        cases_ = value->ends_with("#Cases\"");
      }
      root.Add(key + ":" + *value);
      return true;
    });
    out_.good = out_.good && Peek() == '\0';
    out_.sha256 = root.Hex();
    return out_;
  }

 private:
  char Peek() {
    while (true) {
      const char c = stream_.Peek();
      if (c != ' ' && c != '\n' && c != '\r' && c != '\t') return c;
      stream_.Take();
    }
  }
  bool Take(char c) {
    if (Peek() != c) return false;
    stream_.Take();
    return true;
  }

  // One value in its canonical form; nullptr when it is not JSON.
  const std::string* One() {
    allocator_.Clear();
    rapidjson::Document document(&allocator_);
    Peek();
    document.ParseStream<rapidjson::kParseStopWhenDoneFlag |
                         rapidjson::kParseFullPrecisionFlag>(stream_);
    if (document.HasParseError()) return nullptr;
    text_.Clear();
    Writer writer(text_);
    Put(document, writer);
    canonical_.assign(text_.GetString(), text_.GetSize());
    return &canonical_;
  }

  template <typename Use>
  bool Object(const Use& use) {
    if (!Take('{')) return false;
    while (Peek() != '}') {
      const std::string* name = One();
      if (name == nullptr || name->size() < 2 || name->front() != '"') {
        return false;
      }
      const std::string key = name->substr(1, name->size() - 2);
      if (!Take(':') || !use(key)) return false;
      if (!Take(',') && Peek() != '}') return false;
    }
    return Take('}');
  }

  template <typename Use>
  bool Array(const Use& use) {
    if (!Take('[')) return false;
    while (Peek() != ']') {
      if (!use()) return false;
      if (!Take(',') && Peek() != ']') return false;
    }
    return Take(']');
  }

  bool Record(Sum& sum) {
    const std::string* record = One();
    if (record == nullptr) return false;
    ++out_.records;
    sum.Add("record:" + *record);
    return true;
  }

  bool Case(Sum& root) {
    ++out_.cases;
    Sum sum;
    const bool good = Object([&](const std::string& key) {
      if (key == "Media") return Array([&] { return Record(sum); });
      const std::string* value = One();
      if (value != nullptr) sum.Add(key + ":" + *value);
      return value != nullptr;
    });
    root.Add("case:" + sum.Hex());
    return good;
  }

  std::array<char, 1 << 18> buffer_{};
  rapidjson::FileReadStream stream_;
  rapidjson::MemoryPoolAllocator<> allocator_;
  rapidjson::StringBuffer text_;
  std::string canonical_;
  bool cases_ = false;
  SetDigest out_;
};

}  // namespace

SetDigest DigestSet(std::FILE* file) { return Reader(file).Read(); }

}  // namespace kenal::bench
