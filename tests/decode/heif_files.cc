#include "tests/decode/heif_files.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "src/base/check.h"

namespace kenal::decode {
namespace {

FileBytes Joined(std::initializer_list<FileBytes> parts) {
  FileBytes joined;
  for (const FileBytes& part : parts) {
    joined.insert(joined.end(), part.begin(), part.end());
  }
  return joined;
}

void Append(FileBytes& bytes, const FileBytes& more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

FileBytes Text(std::string_view text) { return {text.begin(), text.end()}; }

FileBytes FullBox(const std::string& type, uint8_t version,
                  const FileBytes& body, BoxSize size = BoxSize::k32Bits) {
  return HeifBox(type, Joined({{version, 0, 0, 0}, body}), size);
}

uint64_t NumberAt(const FileBytes& file, size_t at, size_t size_bytes) {
  uint64_t number = 0;
  for (size_t i = 0; i < size_bytes; ++i) number = number << 8 | file[at + i];
  return number;
}

// The body of the first box of this type, wherever it lies.
FileBytes BodyOf(const FileBytes& file, std::string_view type) {
  auto name = std::search(file.begin(), file.end(), type.begin(), type.end());
  KENAL_CHECK(name != file.end());
  size_t start = static_cast<size_t>(name - file.begin()) - 4;
  auto size = static_cast<long>(NumberAt(file, start, 4));
  return {name + 4, name - 4 + size};
}

FileBytes SizeProperty(const HeifItem& item) {
  return FullBox("ispe", 0,
                 Joined({BigEndian(item.width, 4), BigEndian(item.height, 4)}));
}

// Properties: hvcC is 1, auxC is 2, and each item's size follows.
FileBytes Properties(const HeifTile& tile, const std::vector<HeifItem>& items) {
  FileBytes all = HeifBox("hvcC", tile.settings);
  Append(all, FullBox("auxC", 0, Text({"urn:mpeg:hevc:2015:auxid:1\0", 27})));
  FileBytes uses = BigEndian(items.size(), 4);
  uint8_t next = 3;
  for (const HeifItem& item : items) {
    Append(all, SizeProperty(item));
    FileBytes indices = {next++};
    if (item.type == "hvc1") indices.push_back(1);
    if (item.alpha_of != 0) indices.push_back(2);
    Append(uses, BigEndian(item.id, 2));
    Append(uses, BigEndian(indices.size(), 1));
    Append(uses, indices);
  }
  return HeifBox("iprp",
                 Joined({HeifBox("ipco", all), FullBox("ipma", 0, uses)}));
}

FileBytes Entries(const std::vector<HeifItem>& items) {
  FileBytes body = BigEndian(items.size(), 2);
  for (const HeifItem& item : items) {
    Append(
        body,
        FullBox("infe", 2,
                Joined({BigEndian(item.id, 2), {0, 0}, Text(item.type), {0}})));
  }
  return FullBox("iinf", 0, body);
}

// All data lies in `idat`: construction method 1, offsets of 32 bits.
FileBytes Locations(const std::vector<HeifItem>& items) {
  FileBytes body = Joined({{0x44, 0}, BigEndian(items.size(), 2)});
  size_t offset = 0;
  for (const HeifItem& item : items) {
    Append(body, Joined({BigEndian(item.id, 2),
                         {0, 1, 0, 0, 0, 1},
                         BigEndian(offset, 4),
                         BigEndian(item.data.size(), 4)}));
    offset += item.data.size();
  }
  return FullBox("iloc", 1, body);
}

}  // namespace

FileBytes BigEndian(uint64_t value, size_t size_bytes) {
  FileBytes bytes(size_bytes);
  for (size_t i = size_bytes; i-- > 0; value >>= 8) {
    bytes[i] = static_cast<uint8_t>(value);
  }
  return bytes;
}

FileBytes HeifBox(const std::string& type, const FileBytes& body,
                  BoxSize size) {
  switch (size) {
    case BoxSize::k64Bits:
      return Joined(
          {BigEndian(1, 4), Text(type), BigEndian(body.size() + 16, 8), body});
    case BoxSize::kToTheEnd:
      return Joined({BigEndian(0, 4), Text(type), body});
    default:
      return Joined({BigEndian(body.size() + 8, 4), Text(type), body});
  }
}

HeifTile::HeifTile(const Picture& picture)
    : width(static_cast<uint32_t>(picture.width)),
      height(static_cast<uint32_t>(picture.height)) {
  FileBytes file = EncodeHeif(picture, HeifKind::kHeic);
  settings = BodyOf(file, "hvcC");
  data = BodyOf(file, "mdat");
}

HeifItem HeifTile::Item(uint32_t id) const {
  return {.id = id, .data = data, .width = width, .height = height};
}

HeifItem GridItem(uint32_t id, const std::vector<HeifItem>& sources) {
  KENAL_CHECK(!sources.empty() && sources.size() <= 256);
  uint64_t width = sources[0].width * sources.size();
  HeifItem item{.id = id,
                .type = "grid",
                .data = Joined({{0, 1, 0},
                                BigEndian(sources.size() - 1, 1),
                                BigEndian(width, 4),
                                BigEndian(sources[0].height, 4)}),
                .width = static_cast<uint32_t>(width),
                .height = sources[0].height};
  for (const HeifItem& source : sources) item.sources.push_back(source.id);
  return item;
}

HeifItem IdentityItem(uint32_t id, const HeifItem& source) {
  return {.id = id,
          .type = "iden",
          .width = source.width,
          .height = source.height,
          .sources = {source.id}};
}

HeifItem OverlayItem(uint32_t id, const HeifItem& source) {
  HeifItem item = IdentityItem(id, source);
  item.type = "iovl";
  item.data = Joined({{0, 0},
                      BigEndian(0, 8),
                      BigEndian(source.width, 2),
                      BigEndian(source.height, 2),
                      BigEndian(0, 4)});
  return item;
}

FileBytes ReferencesBox(const std::vector<HeifItem>& items, HeifForm form) {
  size_t id_bytes = form.reference_version == 0 ? 2 : 4;
  FileBytes body;
  for (const HeifItem& item : items) {
    if (!item.sources.empty()) {
      FileBytes entry = Joined(
          {BigEndian(item.id, id_bytes), BigEndian(item.sources.size(), 2)});
      for (uint32_t source : item.sources) {
        Append(entry, BigEndian(source, id_bytes));
      }
      Append(body, HeifBox("dimg", entry));
    }
    if (item.alpha_of != 0) {
      Append(body,
             HeifBox("auxl", Joined({BigEndian(item.id, id_bytes),
                                     {0, 1},
                                     BigEndian(item.alpha_of, id_bytes)})));
    }
  }
  return FullBox("iref", form.reference_version, body, form.meta_size);
}

FileBytes HeifFile(const HeifTile& tile, const std::vector<HeifItem>& items,
                   HeifForm form) {
  FileBytes data;
  for (const HeifItem& item : items) Append(data, item.data);
  FileBytes handler = FullBox(
      "hdlr", 0, Joined({BigEndian(0, 4), Text("pict"), BigEndian(0, 13)}));
  return Joined(
      {HeifBox("ftyp", Text({"heic\0\0\0\0mif1heic", 16})),
       FullBox(
           "meta", 0,
           Joined({handler, FullBox("pitm", 0, BigEndian(items[0].id, 2)),
                   Locations(items), Entries(items), Properties(tile, items),
                   HeifBox("idat", data), ReferencesBox(items, form)}),
           form.meta_size)});
}

}  // namespace kenal::decode
