#include "bench/formats/make_set.h"

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <string_view>

namespace kenal::bench {
namespace {

constexpr size_t kBlockBytes = 1 << 20;

class Maker {
 public:
  Maker(const SetShape& shape, std::FILE* out)
      : shape_(shape), random_(shape.seed), out_(out) {}

  bool Make() {
    const bool cases = shape_.records_a_case > 0;
    text_ =
        "{\"odata.metadata\":\"http://github.com/ICMEC/ProjectVic/DataModels/"
        "1.3.xml#";
    text_ += cases ? "Cases" : "Media";
    text_ += "\",\"exported\":{\"by\":\"a tool\",\"parts\":[1,2.5,null,true]}";
    text_ += ",\"value\":[\n";
    if (cases) {
      Cases();
    } else {
      for (uint64_t i = 1; i <= shape_.records; ++i) {
        if (i > 1) text_ += ",\n";
        Media(i);
        Flush(kBlockBytes);
      }
    }
    text_ +=
        "\n],\"odata.count\":\"" + std::to_string(shape_.records) + "\"}\n";
    Flush(0);
    return good_;
  }

 private:
  bool Chance(uint32_t percent) { return random_() % 100 < percent; }
  uint64_t UpTo(uint64_t most) { return random_() % (most + 1); }

  void Flush(size_t least) {
    if (text_.size() < least) return;
    good_ = good_ &&
            std::fwrite(text_.data(), 1, text_.size(), out_) == text_.size();
    text_.clear();
  }

  std::string Hex(size_t digits, bool upper) {
    const char* const from = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    std::string out;
    for (size_t i = 0; i < digits; i += 16) {
      uint64_t bits = random_();
      for (size_t j = i; j < std::min(digits, i + 16); ++j, bits >>= 4) {
        out += from[bits & 15];
      }
    }
    return out;
  }

  std::string Base64(size_t characters) {
    constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    while (out.size() < characters) {
      out += kDigits[random_() % kDigits.size()];
    }
    return out;
  }

  // JSON, with quotes.
  std::string Words() {
    static constexpr std::array<const char*, 12> kWords = {
        "kite",       "red",          "lake\\u00e9",    "\xC3\xA9t\xC3\xA9",
        "\\\"so\\\"", "C:\\\\dir",    "\\ud83c\\udf88", "tab\\t",
        "a, b",       "\xE6\xBC\xA2", "end\\n",         "\\u0001"};
    std::string out = "\"";
    for (uint64_t left = 1 + UpTo(3); left > 0; --left) {
      out += kWords[UpTo(kWords.size() - 1)];
      if (left > 1) out += ' ';
    }
    return out + '"';
  }

  std::string Flag() {
    static constexpr std::array<const char*, 7> kFlags = {
        "true",      "false",    "\"true\"", "\"False\"",
        "\"false\"", "\"True\"", "null"};
    return kFlags[UpTo(kFlags.size() - 1)];
  }

  std::string Time() {
    const std::string day = std::to_string(10 + UpTo(18));
    switch (UpTo(4)) {
      case 0:
        return "\"2024-01-" + day + "T03:04:05Z\"";
      case 1:
        return "\"2023-11-" + day + "T23:59:59.120+02:00\"";
      case 2:
        return "\"2022-05-" + day + "T00:00:00\"";
      case 3:
        return "\"/Date(17041" + std::to_string(10'000'000 + UpTo(89'999'999)) +
               ")/\"";
      default:
        return "null";
    }
  }

  // Appends a member of an object that is open.
  void Member(std::string_view key, std::string_view json) {
    if (text_.back() != '{') text_ += ',';
    text_ += '"';
    text_ += key;
    text_ += "\":";
    text_ += json;
  }

  void Alternatives(const std::string& md5) {
    std::string all;
    const auto add = [&](const char* name, const std::string& value) {
      all += all.empty() ? "[" : ",";
      all += "{\"MD5\":\"" + md5 + "\",\"HashName\":\"" + name +
             "\",\"HashValue\":\"" + value + "\"}";
    };
    if (Chance(40)) add("SHA256", Hex(64, Chance(50)));
    if (Chance(40)) add("PhotoDNA", Base64(192));
    if (Chance(10)) add("EDK", Hex(32, false));
    if (Chance(5)) add("PDQ", Hex(64, false));
    if (!all.empty()) Member("AlternativeHashes", all + "]");
  }

  void Files(const std::string& md5) {
    std::string all = "[";
    for (uint64_t left = 1 + (Chance(20) ? UpTo(2) : 0); left > 0; --left) {
      all += "{\"MD5\":\"" + md5 + "\",\"FileName\":" + Words() +
             ",\"FilePath\":\"EXH1\\\\DCIM\"";
      if (Chance(50)) {
        all += ",\"Created\":" + Time() + ",\"Unallocated\":" + Flag() +
               ",\"PhysicalLocation\":" + std::to_string(random_() >> 20);
      }
      all += left > 1 ? "}," : "}]";
    }
    Member("MediaFiles", all);
  }

  void Pairs(const char* key, const std::string& md5) {
    std::string all = "[";
    for (uint64_t left = 1 + UpTo(2); left > 0; --left) {
      all += "{\"MD5\":\"" + md5 + "\",\"PropertyName\":\"Model\"" +
             ",\"PropertyValue\":" + Words() + (left > 1 ? "}," : "}]");
    }
    Member(key, all);
  }

  void Media(uint64_t number) {
    const std::string md5 = Hex(32, true);
    text_ += '{';
    const std::string id = std::to_string(number);
    Member("MediaID", Chance(5) ? "\"" + id + "\"" : id);
    if (Chance(80))
      Member("Category", Chance(20) ? "null" : std::to_string(UpTo(5)));
    Member(Chance(2) ? "md5" : "MD5", "\"" + md5 + "\"");
    if (Chance(70)) Member("SHA1", "\"" + Hex(40, Chance(80)) + "\"");
    const std::string size = std::to_string(random_() >> 40);
    Member("MediaSize", Chance(20) ? "\"" + size + "\"" : size);
    for (const char* flag : {"VictimIdentified", "OffenderIdentified",
                             "IsDistributed", "IsPrecategorized"}) {
      if (Chance(60)) Member(flag, Flag());
    }
    for (const char* flag : {"IsSuspected", "SelfGenerated"}) {
      if (Chance(10)) Member(flag, Flag());
    }
    if (Chance(10)) Member("PrecategorizationSource", Words());
    if (Chance(30)) Member("Series", Words());
    if (Chance(30)) Member("Tags", "\"one,two , three\"");
    if (Chance(10)) Member("Comments", Words());
    if (Chance(60)) Member("DateUpdated", Time());
    if (Chance(30)) Member("MimeType", "\"image/jpeg\"");
    if (Chance(10)) Member("RelativeFilePath", "\"a\\\\b.jpg\"");
    Alternatives(md5);
    if (Chance(60)) Files(md5);
    if (Chance(10)) Pairs("Exifs", md5);
    if (Chance(5)) Pairs("MediaMetadata", md5);
    if (Chance(10))
      Member("x_number", Chance(50) ? "-1.25" : "9007199254740993");
    if (Chance(5))
      Member("x_tree", "{\"b\":[1,{\"a\":null}],\"a\":" + Words() + "}");
    text_ += '}';
  }

  void Cases() {
    uint64_t left = shape_.records;
    uint64_t number = 0;
    for (uint64_t i = 1; left > 0; ++i) {
      if (i > 1) text_ += ",\n";
      text_ += '{';
      Member("CaseID", "\"11111111-2222-4333-8444-" + Hex(12, false) + "\"");
      if (Chance(80))
        Member("CaseNumber", "\"DEMO-" + std::to_string(i) + "\"");
      if (Chance(50)) Member("ContactName", Words());
      if (Chance(50)) Member("TotalMediaFiles", std::to_string(UpTo(999)));
      if (Chance(30)) Member("x_case", "[[],{},\"\",0]");
      uint64_t media = std::min(left, 1 + UpTo(shape_.records_a_case - 1));
      left -= media;
      Member("Media", "[\n");
      while (true) {
        Media(++number);
        Flush(kBlockBytes);
        if (--media == 0) break;
        text_ += ",\n";
      }
      text_ += ']';
      if (Chance(50)) Member("SourceApplicationName", Words());
      if (Chance(20)) Pairs("CaseMetadata", Hex(32, true));
      text_ += '}';
    }
  }

  const SetShape shape_;
  std::mt19937_64 random_;
  std::FILE* out_;
  std::string text_;
  bool good_ = true;
};

}  // namespace

bool MakeSet(const SetShape& shape, std::FILE* out) {
  return Maker(shape, out).Make();
}

}  // namespace kenal::bench
