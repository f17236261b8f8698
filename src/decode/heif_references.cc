#include "src/decode/heif_references.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "src/decode/limits.h"

namespace kenal::decode {
namespace {

using Bytes = std::span<const uint8_t>;

constexpr uint32_t Type(const char (&name)[5]) {
  uint32_t type = 0;
  for (int i = 0; i < 4; ++i) {
    type = (type << 8) | static_cast<uint8_t>(name[i]);
  }
  return type;
}

// Takes numbers off the front, most significant byte first.
class Reader {
 public:
  explicit Reader(Bytes bytes) : rest_(bytes) {}

  // 0 when too few bytes are left, and from then on nothing is.
  uint64_t Number(size_t size_bytes) {
    if (size_bytes > rest_.size()) {
      is_short_ = true;
      rest_ = {};
      return 0;
    }
    uint64_t number = 0;
    for (uint8_t byte : rest_.first(size_bytes)) number = number << 8 | byte;
    rest_ = rest_.subspan(size_bytes);
    return number;
  }
  uint32_t Short(size_t size_bytes) {
    return static_cast<uint32_t>(Number(size_bytes));
  }

  bool is_short() const { return is_short_; }
  Bytes rest() const { return rest_; }

 private:
  Bytes rest_;
  bool is_short_ = false;
};

struct Box {
  uint32_t type = 0;
  Bytes body;
};

// The box at the front of `rest`, taken off it. A size of 0 means the rest.
std::optional<Box> TakeBox(Bytes& rest) {
  Reader reader(rest);
  uint64_t size = reader.Number(4);
  uint32_t type = reader.Short(4);
  if (size == 0) {
    size = rest.size();
  } else if (size == 1) {
    size = reader.Number(8);
  }
  size_t header_size = rest.size() - reader.rest().size();
  if (reader.is_short() || size < header_size || size > rest.size()) {
    return std::nullopt;
  }
  Box box{.type = type, .body = reader.rest().first(size - header_size)};
  rest = rest.subspan(size);
  return box;
}

// Full boxes begin with a version and three bytes of flags.
uint32_t TakeVersion(Reader& reader) {
  uint32_t version = reader.Short(1);
  reader.Number(3);
  return version;
}

// A picture that says it has more is refused anyway.
constexpr uint64_t kCanvasPixelsMax = uint64_t{1} << 40;

// The size of a canvas is within these.
constexpr uint64_t kCanvasHeadBytes = 18;

struct Item {
  uint32_t id = 0;
  uint32_t type = 0;
  bool is_located = false;
  Bytes head;  // of a derived item's data
  bool is_on_path = false;
  // With what it is made from; 0 decodes: not walked yet.
  int height = 0;
  uint64_t decode_count = 0;
  uint64_t canvas_pixels = 0;
};

bool IsDerived(const Item& item) {
  return item.type == Type("grid") || item.type == Type("iden") ||
         item.type == Type("iovl");
}

// Those that libheif takes for pictures; it aborts when an overlay or an
// identity is made from anything else.
bool IsPicture(const Item& item) {
  return IsDerived(item) || item.type == Type("hvc1") ||
         item.type == Type("av01") || item.type == Type("vvc1");
}

// What libheif asks memory for before it looks at any source.
std::optional<uint64_t> CanvasPixels(const Item& item) {
  if (item.type != Type("grid") && item.type != Type("iovl")) return 0;
  Reader reader(item.head);
  reader.Number(1);
  size_t side_bytes = (reader.Number(1) & 1) != 0 ? 4 : 2;
  reader.Number(item.type == Type("grid") ? 2 : 8);  // Tiles; background.
  uint64_t width = reader.Number(side_bytes);
  uint64_t height = reader.Number(side_bytes);
  if (reader.is_short()) return std::nullopt;
  return std::min(width * height, kCanvasPixelsMax);
}

// Decoding `from` decodes `to`.
struct Need {
  uint32_t from = 0;
  uint32_t to = 0;
};

class Items {
 public:
  Reason Read(Bytes iinf);
  Reason ReadReferences(Bytes iref);
  Reason ReadLocations(Bytes iloc, Bytes idat, Bytes file);
  HeifSources Walk(Bytes pitm);

 private:
  Item* Find(uint32_t id);
  Reason AddReference(uint32_t type, uint32_t from, uint32_t to);
  Reason Visit(Item& item, int depth);

  std::vector<Item> items_;  // by id
  std::vector<Need> needs_;  // by from, once read
};

Reason Items::Read(Bytes iinf) {
  Reader reader(iinf);
  uint32_t version = TakeVersion(reader);
  uint64_t count = reader.Number(version == 0 ? 2 : 4);
  if (reader.is_short() || version > 1) return Reason::kDamagedHeader;
  Bytes rest = count == 0 ? Bytes() : reader.rest();  // As libheif does.
  while (!rest.empty()) {
    std::optional<Box> box = TakeBox(rest);
    if (!box) return Reason::kDamagedHeader;
    if (box->type != Type("infe")) continue;
    if (items_.size() >= kHeifItemsMax) return Reason::kFeatureNotDecoded;
    Reader entry(box->body);
    uint32_t form = TakeVersion(entry);
    Item item{.id = entry.Short(form <= 2 ? 2 : 4)};
    entry.Number(2);  // Protection.
    if (form >= 2) item.type = entry.Short(4);
    if (entry.is_short() || form > 3) return Reason::kDamagedHeader;
    items_.push_back(item);
  }
  std::ranges::sort(items_, {}, &Item::id);
  bool is_twice =
      std::ranges::adjacent_find(items_, {}, &Item::id) != items_.end();
  return is_twice ? Reason::kDamagedHeader : Reason::kNone;
}

Item* Items::Find(uint32_t id) {
  auto found = std::ranges::lower_bound(items_, id, {}, &Item::id);
  return found != items_.end() && found->id == id ? &*found : nullptr;
}

Reason Items::AddReference(uint32_t type, uint32_t from, uint32_t to) {
  const Item* item = Find(from);
  if (item == nullptr) return Reason::kNone;
  bool is_source = type == Type("dimg") && IsDerived(*item);
  bool is_auxiliary = type == Type("auxl") && IsPicture(*item);
  if (!is_source && !is_auxiliary) return Reason::kNone;
  if (needs_.size() >= kHeifReferencesMax) return Reason::kFeatureNotDecoded;
  needs_.push_back(is_source ? Need{from, to} : Need{to, from});
  return Reason::kNone;
}

// libheif goes by the counts, the standard by the boxes; both must agree.
Reason Items::ReadReferences(Bytes iref) {
  Reader reader(iref);
  uint32_t version = TakeVersion(reader);
  if (reader.is_short() || version > 1) return Reason::kDamagedHeader;
  size_t id_bytes = version == 0 ? 2 : 4;
  Bytes rest = reader.rest();
  while (!rest.empty()) {
    std::optional<Box> box = TakeBox(rest);
    if (!box || box->type == Type("uuid")) return Reason::kDamagedHeader;
    Reader entry(box->body);
    uint32_t from = entry.Short(id_bytes);
    uint64_t count = entry.Number(2);
    if (entry.is_short() || entry.rest().size() != count * id_bytes) {
      return Reason::kDamagedHeader;
    }
    for (; count > 0; --count) {
      Reason reason = AddReference(box->type, from, entry.Short(id_bytes));
      if (reason != Reason::kNone) return reason;
    }
  }
  std::ranges::sort(needs_, {}, &Need::from);
  return Reason::kNone;
}

// Of derived items only. Their few bytes lie in one piece.
Reason Items::ReadLocations(Bytes iloc, Bytes idat, Bytes file) {
  if (std::ranges::none_of(items_, IsDerived)) return Reason::kNone;
  Reader reader(iloc);
  uint32_t version = TakeVersion(reader);
  uint32_t sizes = reader.Short(2);
  uint32_t offset_bytes = sizes >> 12;
  uint32_t length_bytes = sizes >> 8 & 0xF;
  uint32_t base_bytes = sizes >> 4 & 0xF;
  bool has_index = version > 0 && (sizes & 0xF) != 0;
  for (uint32_t bytes : {offset_bytes, length_bytes, base_bytes}) {
    if (bytes != 0 && bytes != 4 && bytes != 8) return Reason::kDamagedHeader;
  }
  uint64_t item_count = reader.Number(version < 2 ? 2 : 4);
  if (version > 2 || has_index) return Reason::kDamagedHeader;
  for (; item_count > 0 && !reader.is_short(); --item_count) {
    Item* item = Find(reader.Short(version < 2 ? 2 : 4));
    uint64_t method = version == 0 ? 0 : reader.Number(2) & 0xF;
    reader.Number(2);  // Which file.
    uint64_t base = reader.Number(base_bytes);
    uint64_t extent_count = reader.Number(2);
    uint64_t offset = 0;
    uint64_t length = 0;
    for (uint64_t i = 0; i < extent_count && !reader.is_short(); ++i) {
      offset = reader.Number(offset_bytes);
      length = reader.Number(length_bytes);
    }
    if (item == nullptr || !IsDerived(*item)) continue;
    if (item->is_located) return Reason::kDamagedHeader;
    item->is_located = true;
    Bytes place = method == 0 ? file : method == 1 ? idat : Bytes();
    if (extent_count != 1 || base > place.size()) continue;
    place = place.subspan(base);
    if (offset > place.size() || length > place.size() - offset) continue;
    item->head = place.subspan(offset, std::min(length, kCanvasHeadBytes));
  }
  return reader.is_short() ? Reason::kDamagedHeader : Reason::kNone;
}

// Its own depth is bounded by the limit that it checks. An item met again is
// not walked again.
Reason Items::Visit(Item& item, int depth) {
  if (item.is_on_path) return Reason::kDamagedHeader;  // A ring.
  if (depth + item.height > kHeifDepthMax) return Reason::kFeatureNotDecoded;
  if (item.decode_count > 0) return Reason::kNone;
  std::optional<uint64_t> canvas_pixels = CanvasPixels(item);
  if (!canvas_pixels) return Reason::kDamagedHeader;
  item.is_on_path = true;
  uint64_t decode_count = 1;
  uint64_t source_pixels = 0;
  for (auto need = std::ranges::lower_bound(needs_, item.id, {}, &Need::from);
       need != needs_.end() && need->from == item.id; ++need) {
    Item* source = Find(need->to);
    if (source == nullptr) return Reason::kDamagedHeader;
    if (!IsPicture(*source)) return Reason::kFeatureNotDecoded;
    Reason reason = Visit(*source, depth + 1);
    if (reason != Reason::kNone) return reason;
    item.height = std::max(item.height, source->height + 1);
    source_pixels = std::max(source_pixels, source->canvas_pixels);
    decode_count += source->decode_count;
    if (decode_count > kHeifDecodesMax) return Reason::kFeatureNotDecoded;
  }
  item.is_on_path = false;
  item.decode_count = decode_count;
  item.canvas_pixels = *canvas_pixels + source_pixels;
  return Reason::kNone;
}

HeifSources Items::Walk(Bytes pitm) {
  Reader reader(pitm);
  uint32_t version = TakeVersion(reader);
  uint32_t id = reader.Short(version == 0 ? 2 : 4);
  if (reader.is_short() || version > 1) return {Reason::kDamagedHeader};
  Item* primary = Find(id);
  if (primary == nullptr) return {};
  Reason reason = Visit(*primary, 0);
  return {.reason = reason, .canvas_pixels = primary->canvas_pixels};
}

HeifSources CheckMeta(Bytes meta, Bytes file) {
  Reader reader(meta);
  TakeVersion(reader);
  std::optional<Bytes> pitm, iinf, iref, iloc, idat;
  const std::pair<uint32_t, std::optional<Bytes>*> places[] = {
      {Type("pitm"), &pitm},
      {Type("iinf"), &iinf},
      {Type("iref"), &iref},
      {Type("iloc"), &iloc},
      {Type("idat"), &idat}};
  Bytes rest = reader.rest();
  while (!rest.empty()) {
    std::optional<Box> box = TakeBox(rest);
    if (!box) return {Reason::kDamagedHeader};
    for (const auto& [type, place] : places) {
      if (box->type != type) continue;
      if (place->has_value()) return {Reason::kDamagedHeader};
      *place = box->body;
    }
  }
  if (!pitm || !iinf || !iref || !iloc) return {};
  Items items;
  Reason reason = items.Read(*iinf);
  if (reason == Reason::kNone) reason = items.ReadReferences(*iref);
  if (reason == Reason::kNone) {
    reason = items.ReadLocations(*iloc, idat.value_or(Bytes()), file);
  }
  return reason == Reason::kNone ? items.Walk(*pitm) : HeifSources{reason};
}

}  // namespace

HeifSources CheckHeifReferences(std::span<const uint8_t> file) {
  HeifSources all;
  Bytes rest = file;
  while (!rest.empty()) {
    std::optional<Box> box = TakeBox(rest);
    if (!box) break;  // Cut off, or data behind the last box.
    if (box->type != Type("meta")) continue;
    HeifSources sources = CheckMeta(box->body, file);
    if (sources.reason != Reason::kNone) return sources;
    all.canvas_pixels = std::max(all.canvas_pixels, sources.canvas_pixels);
  }
  return all;
}

}  // namespace kenal::decode
