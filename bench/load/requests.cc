#include "bench/load/requests.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>
#include <sstream>

#include "kenal/v1/match_service.pb.h"

namespace kenal::load {
namespace {

constexpr size_t kHashBytes = 32;
constexpr int kVariantCount = 8;

// The whole picture first, then the parts that every effort compares, then
// those of a thorough look.
constexpr std::array kViews = {v1::VIEW_STORED,     v1::VIEW_TRIMMED,
                               v1::VIEW_FRAME,      v1::VIEW_FRAME_2,
                               v1::VIEW_FRAME_3,    v1::VIEW_FRAME_4,
                               v1::VIEW_CENTRAL_90, v1::VIEW_CENTRAL_80};

using Random = std::mt19937_64;

std::string RandomHash(Random& random) {
  std::string hash(kHashBytes, '\0');
  for (char& byte : hash) byte = static_cast<char>(random());
  return hash;
}

void FlipBits(int most, Random& random, std::string& hash) {
  const int count =
      static_cast<int>(random() % static_cast<uint64_t>(most + 1));
  for (int i = 0; i < count; ++i) {
    const uint64_t bit = random() % (kHashBytes * 8);
    hash[bit / 8] = static_cast<char>(hash[bit / 8] ^ (1 << (bit % 8)));
  }
}

StatusOr<std::string> ReadWhole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return NotFound(path + ": cannot be read");
  return std::string(std::istreambuf_iterator<char>(in), {});
}

StatusOr<std::vector<std::string>> ReadKnown(const std::string& path) {
  std::ifstream in(path);
  if (!in) return NotFound(path + ": cannot be read");
  std::vector<std::string> known;
  std::string type, hex, line;
  for (size_t number = 1; std::getline(in, line); ++number) {
    std::istringstream words(line);
    if (!(words >> type >> hex) || type != "pdq") continue;
    std::string hash;
    for (size_t i = 0; i + 1 < hex.size(); i += 2) {
      const std::string pair = hex.substr(i, 2);
      if (pair.find_first_not_of("0123456789abcdefABCDEF") != pair.npos) break;
      hash.push_back(static_cast<char>(std::stoi(pair, nullptr, 16)));
    }
    if (hash.size() != kHashBytes || hex.size() != 2 * kHashBytes) {
      return InvalidArgument(path + ": line " + std::to_string(number) +
                             " is no `pdq HEX`");
    }
    known.push_back(std::move(hash));
  }
  if (known.empty()) return InvalidArgument(path + ": holds no `pdq HEX` line");
  return known;
}

// Makes contents one after the other.
class Maker {
 public:
  static StatusOr<Maker> Make(const QueryOptions& options) {
    Maker maker(options);
    if (options.known_share > 0) {
      KENAL_TRY_ASSIGN(maker.known_, ReadKnown(options.known_file));
    }
    return maker;
  }

  void Fill(v1::Content& content) {
    const bool planted = std::uniform_real_distribution<double>(0, 1)(random_) <
                         options_.known_share;
    for (int i = 0; i < options_.views; ++i) {
      std::string hash = RandomHash(random_);
      if (planted && i == 0) {
        hash = known_[random_() % known_.size()];
        FlipBits(options_.known_bits, random_, hash);
      }
      v1::PdqView& view = *content.mutable_signals()->add_pdq();
      view.set_view(kViews[static_cast<size_t>(i)]);
      view.set_quality(100);
      view.set_hash(hash);
      if (!options_.variants) continue;
      view.add_dihedral(hash);
      for (int v = 1; v < kVariantCount; ++v) {
        view.add_dihedral(RandomHash(random_));
      }
    }
  }

  // Of MatchRequest, BatchMatchRequest and StreamMatchRequest alike.
  template <typename Request>
  void FillRest(Request& request) const {
    if (options_.effort == "fast") request.set_effort(v1::EFFORT_FAST);
    if (options_.effort == "normal") request.set_effort(v1::EFFORT_NORMAL);
    if (options_.effort == "thorough") request.set_effort(v1::EFFORT_THOROUGH);
    if (options_.work_class == "live") {
      request.set_work_class(v1::WORK_CLASS_LIVE);
    }
    if (options_.work_class == "bulk") {
      request.set_work_class(v1::WORK_CLASS_BULK);
    }
  }

 private:
  explicit Maker(const QueryOptions& options)
      : options_(options), random_(options.seed) {}

  QueryOptions options_;
  Random random_;
  std::vector<std::string> known_;
};

StatusOr<RequestPool> MakePictures(const QueryOptions& options,
                                   const Maker& maker) {
  if (options.pictures.empty()) {
    return InvalidArgument("calls with pictures need --picture FILE");
  }
  RequestPool pool{.kind = CallKind::kPicture};
  for (const std::string& path : options.pictures) {
    v1::MatchRequest request;
    KENAL_TRY_ASSIGN(*request.mutable_content()->mutable_picture(),
                     ReadWhole(path));
    maker.FillRest(request);
    pool.requests.push_back(request.SerializeAsString());
  }
  return pool;
}

Status Check(const QueryOptions& options) {
  if (options.pool < 1 || options.batch_items < 1 ||
      options.batch_items > 1024 || options.views < 1 ||
      options.views > static_cast<int>(kViews.size())) {
    return InvalidArgument(
        "--queries takes 1 or more, --batch-items 1 to 1,024, --views 1 to 8");
  }
  if (options.known_share > 0 && options.known_file.empty()) {
    return InvalidArgument("--known-share needs --known FILE");
  }
  return OkStatus();
}

// A cursor over wire bytes that notices their end.
class Wire {
 public:
  explicit Wire(std::string_view bytes) : bytes_(bytes) {}
  bool done() const { return bytes_.empty(); }
  bool bad() const { return bad_; }

  uint64_t Varint() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !bytes_.empty(); shift += 7) {
      const auto byte = static_cast<uint8_t>(bytes_.front());
      bytes_.remove_prefix(1);
      value |= uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) return value;
    }
    return Fail();
  }
  std::string_view Bytes() {
    const uint64_t size = Varint();
    return Take(size);
  }
  void Skip(uint64_t tag) {
    switch (tag & 7) {
      case 0:
        Varint();
        break;
      case 1:
        Take(8);
        break;
      case 2:
        Bytes();
        break;
      case 5:
        Take(4);
        break;
      default:
        Fail();
    }
  }

 private:
  std::string_view Take(uint64_t size) {
    if (size > bytes_.size()) {
      Fail();
      return {};
    }
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }
  uint64_t Fail() {
    bad_ = true;
    bytes_ = {};
    return 0;
  }

  std::string_view bytes_;
  bool bad_ = false;
};

// The first varint field 1: of an Answer its verdict, of an ItemError its code.
uint64_t FirstField(std::string_view bytes) {
  Wire wire(bytes);
  while (!wire.done()) {
    const uint64_t tag = wire.Varint();
    if (tag == (1 << 3)) return wire.Varint();
    wire.Skip(tag);
  }
  return 0;
}

}  // namespace

std::string_view CallKindName(CallKind kind) {
  constexpr std::string_view kNames[] = {"unary", "batch", "stream", "picture"};
  return kNames[static_cast<size_t>(kind)];
}

StatusOr<RequestPool> MakeRequests(CallKind kind, const QueryOptions& options) {
  KENAL_TRY(Check(options));
  KENAL_TRY_ASSIGN(Maker maker, Maker::Make(options));
  if (kind == CallKind::kPicture) return MakePictures(options, maker);
  RequestPool pool{.kind = kind};
  int count = options.pool;
  if (kind == CallKind::kBatch) {
    pool.items = static_cast<size_t>(options.batch_items);
    count = std::max(1, count / options.batch_items);
  }
  for (int i = 0; i < count; ++i) {
    if (kind == CallKind::kBatch) {
      v1::BatchMatchRequest request;
      for (size_t n = 0; n < pool.items; ++n) {
        maker.Fill(*request.add_contents());
      }
      maker.FillRest(request);
      pool.requests.push_back(request.SerializeAsString());
    } else if (kind == CallKind::kStream) {
      v1::StreamMatchRequest request;
      maker.Fill(*request.mutable_content());
      maker.FillRest(request);
      pool.requests.push_back(request.SerializeAsString());
    } else {
      v1::MatchRequest request;
      maker.Fill(*request.mutable_content());
      maker.FillRest(request);
      pool.requests.push_back(request.SerializeAsString());
    }
  }
  return pool;
}

void Verdicts::Add(const Verdicts& other) {
  for (size_t i = 0; i < kCount; ++i) seen[i] += other.seen[i];
  malformed += other.malformed;
}

uint32_t ReadResponse(CallKind kind, std::string_view bytes,
                      Verdicts& verdicts) {
  const uint64_t answer_field = kind == CallKind::kStream ? 2 : 1;
  uint32_t code = 0;
  Wire wire(bytes);
  while (!wire.done()) {
    const uint64_t tag = wire.Varint();
    if (tag == (answer_field << 3 | 2)) {
      const uint64_t verdict = FirstField(wire.Bytes());
      if (verdict == 0 || verdict >= Verdicts::kCount) {
        ++verdicts.malformed;
      } else {
        ++verdicts.seen[verdict];
      }
    } else if (kind == CallKind::kStream && tag == (3 << 3 | 2)) {
      code = static_cast<uint32_t>(FirstField(wire.Bytes()));
    } else {
      wire.Skip(tag);
    }
  }
  if (wire.bad()) ++verdicts.malformed;
  return code;
}

}  // namespace kenal::load
