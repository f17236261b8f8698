// A list of one record a line: what their readers have in common.
#ifndef KENAL_SRC_FORMATS_LINE_SOURCE_H_
#define KENAL_SRC_FORMATS_LINE_SOURCE_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "src/exchange/lines.h"
#include "src/exchange/text.h"
#include "src/formats/reader.h"

namespace kenal::formats {

// Derived readers say what a line is. Not thread-safe, but for the counter.
class LineSource : public Reader {
 public:
  explicit LineSource(std::unique_ptr<exchange::LineReader> lines)
      : lines_(std::move(lines)) {}

  const Heading& heading() const override { return heading_; }
  uint64_t consumed_bytes() const override { return lines_->consumed_bytes(); }
  std::optional<uint64_t> size_bytes() const override {
    return lines_->size_bytes();
  }

  StatusOr<bool> Next(Item& item) override {
    while (true) {
      const uint64_t byte = lines_->consumed_bytes();
      KENAL_TRY_ASSIGN(const auto line, lines_->Next());
      if (!line) return false;
      item = {};
      item.position = {
          .record = record_ + 1, .byte = byte, .line = line->number};
      StatusOr<bool> told = true;
      if (line->too_long) {
        told = InvalidArgument("is longer than a line may be");
      } else if (!exchange::IsUtf8(line->text) && !TakesBytes()) {
        told = InvalidArgument("is not UTF-8");
      } else {
        told = ReadLine(line->text, item);
      }
      if (told.ok() && !*told) continue;
      if (item.kind == Item::Kind::kRecord) ++record_;
      if (told.ok()) return true;
      item.kind = Item::Kind::kRefused;
      item.why = std::string(told.status().message());
      return true;
    }
  }

 protected:
  // Fills the record or field of `item`; false: the line says nothing.
  virtual StatusOr<bool> ReadLine(std::string_view line, Item& item) = 0;
  virtual bool TakesBytes() const { return false; }

  Status Wrong(std::string_view why) const {
    return InvalidArgument(lines_->name() + ", line 1: " + std::string(why));
  }

  std::unique_ptr<exchange::LineReader> lines_;
  Heading heading_;

 private:
  uint64_t record_ = 0;
};

}  // namespace kenal::formats

#endif  // KENAL_SRC_FORMATS_LINE_SOURCE_H_
