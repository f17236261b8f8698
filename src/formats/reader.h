// Reader: a list file as a stream of items, whatever its format.
//
//   KENAL_TRY_ASSIGN(std::unique_ptr<Reader> reader,
//                    OpenReader(Format::kVics, path, {.purpose = purpose}));
//   Item item;
//   while (true) {
//     KENAL_TRY_ASSIGN(const bool more, reader->Next(item));
//     if (!more) break;
//     if (item.kind == Item::Kind::kRecord) Use(item.record);
//     if (item.kind == Item::Kind::kRefused) Count(item.position, item.why);
//   }
//
// Files of any size are read in bounded memory. What arrives may be hostile:
// every length has a limit, and what a file says of itself is not believed.
#ifndef KENAL_SRC_FORMATS_READER_H_
#define KENAL_SRC_FORMATS_READER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "kenal/status.h"
#include "src/formats/record.h"

namespace kenal::formats {

// Where in its file something is; what a format cannot tell is unset.
struct Position {
  uint64_t record = 0;  // counted from 1, refused ones too; 0: not in a record
  std::optional<uint64_t> byte;  // offset of its first byte
  std::optional<uint64_t> line;  // from 1
  friend bool operator==(const Position&, const Position&) = default;
};
// "record 7 (line 9, byte 1204)".
std::string PositionText(const Position& position);

// What the beginning of a file says of the whole.
struct Heading {
  std::string version;               // "1.3"; empty: the format has none
  std::string region;                // VICS 2.0: "US", "CUSTOM", ...
  bool has_groups = false;           // records come in groups (cases)
  std::vector<std::string> columns;  // of tables, as they are spelled
  friend bool operator==(const Heading&, const Heading&) = default;
};

struct Item {
  enum class Kind : uint8_t {
    kRecord,
    kRefused,  // one bad record: passed over and not fatal
    kGroup,    // a group begins: `field.group`
    kField,    // a field of the list or of a group that has begun; it may come
               // after records
  };
  Kind kind = Kind::kRecord;
  Position position;
  Record record;    // kRecord
  std::string why;  // kRefused; without hash bits
  Field field;      // kField, kGroup
};

// Not thread-safe, but for the counter.
class Reader {
 public:
  virtual ~Reader() = default;

  virtual const Heading& heading() const = 0;

  // Fills `item` and returns true, or false at the end. After an error or the
  // end it is not called again.
  // Errors, each with file and position:
  //   kInvalidArgument  what follows cannot be read: damaged, nested too
  //                     deeply, a text too long, cut off
  //   kUnavailable      the system could not read
  virtual StatusOr<bool> Next(Item& item) = 0;

  // For progress: of `size_bytes`, how much has been read. Thread-safe.
  virtual uint64_t consumed_bytes() const = 0;
  virtual std::optional<uint64_t> size_bytes() const = 0;
};

}  // namespace kenal::formats

#endif  // KENAL_SRC_FORMATS_READER_H_
