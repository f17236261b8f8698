// What a column of a table says of a record.
#ifndef KENAL_SRC_FORMATS_TABLE_FIELD_H_
#define KENAL_SRC_FORMATS_TABLE_FIELD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kenal/status.h"
#include "src/formats/record.h"
#include "src/formats/writer.h"

namespace kenal::formats {

// One member of Record as text, by a name that operators use in mappings:
//
//   source_id file_id kind md5 sha1 sha256 pdq pdq_quality series tags comment
//   mime_type size file_name file_folder source member_id member updated
//   expires deleted classifications flags
//   hash:NAME    a hash that is carried, such as hash:photodna
//   class:SCHEME the raw value of a classification
//   flag:NAME    a flag
class TableField {
 public:
  // Errors: kInvalidArgument names the members there are.
  static StatusOr<TableField> Parse(std::string_view name);

  // Takes the text of a cell into the record. Empty text says nothing.
  // Errors: kInvalidArgument, without the text.
  Status Read(std::string_view text, Record& record) const;
  // The text that Read takes; "" when the record says nothing.
  std::string Write(const Record& record) const;

  const std::string& name() const { return name_; }
  bool is_class() const { return kind_ == Kind::kClass; }
  // The member that this is; Read fills all of it but for hash, class, flag.
  Part part() const { return part_; }

 private:
  enum class Kind : uint8_t {
    kText,
    kSignal,
    kQuality,
    kCarried,
    kClass,
    kClasses,
    kFlag,
    kFlags,
    kKind,
    kTags,
    kSize,
    kFileName,
    kFileFolder,
    kTime,
    kDeleted,
  };
  struct Member;
  static const Member* Find(std::string_view name);

  Status ReadClasses(std::string_view text, Record& record) const;
  std::string WriteClasses(const Record& record) const;
  void ReadFlags(std::string_view text, Record& record) const;

  Kind kind_ = Kind::kText;
  Part part_ = Part::kSourceId;
  std::string name_;
  std::string argument_;  // after the colon, or a signal's name
  std::string Record::*text_ = nullptr;
  std::optional<int64_t> Record::*time_ = nullptr;
};

}  // namespace kenal::formats

#endif  // KENAL_SRC_FORMATS_TABLE_FIELD_H_
