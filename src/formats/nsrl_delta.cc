#include "src/formats/nsrl_delta.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "src/exchange/text.h"
#include "src/formats/byte_source.h"
#include "src/formats/input.h"
#include "src/formats/json_tree.h"
#include "src/formats/sql_tokens.h"
#include "src/formats/table_field.h"

namespace kenal::formats {
namespace {

using Kind = SqlTokens::Kind;

constexpr std::string_view kFamily = "nsrl";
// Values of one statement, and the text of all of them.
constexpr size_t kValuesMax = 256;
constexpr size_t kValueBytesMax = 1 << 20;

// What holds hashes, and what goes with it.
constexpr std::string_view kHashTables[] = {"FILE", "METADATA"};
constexpr std::string_view kOtherTables[] = {"MFG", "OS", "PKG", "VERSION"};
// Those of FILE, for an INSERT that names none.
constexpr std::string_view kFileColumns[] = {
    "sha256", "sha1", "md5", "crc32", "file_name", "file_size", "package_id"};
// Words that an error may repeat.
constexpr std::string_view kForbidden[] = {
    "ALTER",   "ANALYZE", "ATTACH",  "CREATE",   "DETACH",   "DROP",
    "EXPLAIN", "PRAGMA",  "REINDEX", "RELEASE",  "ROLLBACK", "SELECT",
    "VACUUM",  "WITH",    "REPLACE", "SAVEPOINT"};

bool Among(std::string_view name, std::span<const std::string_view> names) {
  return std::any_of(names.begin(), names.end(), [name](std::string_view each) {
    return SameWord(each, name);
  });
}

struct Value {
  std::string column;
  std::optional<std::string> text;  // unset: NULL
};

struct Change {
  enum class What : uint8_t { kInsert, kUpdate, kDelete };
  What what = What::kInsert;
  bool of_hashes = false;     // of a table that holds some
  bool computed = false;      // a value is no literal
  std::vector<Value> values;  // INSERT and UPDATE: what is so afterwards
  std::vector<Value> where;   // UPDATE and DELETE
  uint64_t byte = 0;
  uint64_t line = 0;
};

// Statements, one after another.
class ChangeParser {
 public:
  explicit ChangeParser(Input& input) : tokens_(input) {}

  // False at the end of the file. Errors: kInvalidArgument, with position.
  StatusOr<bool> Next(Change& change);

 private:
  Status Word(std::string_view word);
  Status Mark(char mark);
  Status Table(Change& change);
  StatusOr<std::string> Column();
  StatusOr<std::optional<std::string>> Literal(Change& change);
  StatusOr<std::string> Computed(Change& change);
  Status Count(const std::vector<Value>& values, size_t bytes);
  Status Insert(Change& change);
  Status Pairs(std::string_view between, std::vector<Value>& out,
               Change& change);
  Status End();
  Status Refuse() const;

  SqlTokens tokens_;
  size_t value_bytes_ = 0;
};

Status ChangeParser::Refuse() const {
  for (const std::string_view word : kForbidden) {
    if (!tokens_.IsWord(word)) continue;
    return tokens_.Wrong(std::string(word) +
                         " does not belong into a delta; nothing of the file "
                         "is read");
  }
  return tokens_.Wrong(
      "is no INSERT, UPDATE or DELETE of a row; nothing of the file is read");
}

Status ChangeParser::Word(std::string_view word) {
  if (!tokens_.IsWord(word)) {
    return tokens_.Wrong("should be " + std::string(word) + " here");
  }
  return tokens_.Next();
}

Status ChangeParser::Mark(char mark) {
  if (!tokens_.IsMark(mark)) {
    return tokens_.Wrong(std::string("should be ") + mark + " here");
  }
  return tokens_.Next();
}

Status ChangeParser::Table(Change& change) {
  const bool named =
      tokens_.kind() == Kind::kWord || tokens_.kind() == Kind::kName;
  change.of_hashes = named && Among(tokens_.text(), kHashTables);
  if (!change.of_hashes && !(named && Among(tokens_.text(), kOtherTables))) {
    return tokens_.Wrong(
        "is none of the tables FILE, METADATA, MFG, OS, PKG and VERSION; "
        "nothing of the file is read");
  }
  return tokens_.Next();
}

StatusOr<std::string> ChangeParser::Column() {
  if (tokens_.kind() != Kind::kWord && tokens_.kind() != Kind::kName) {
    return tokens_.Wrong("should be the name of a column here");
  }
  std::string name = tokens_.text();
  KENAL_TRY(tokens_.Next());
  return name;
}

// unistr('...'), in which SQLite writes text with control characters.
StatusOr<std::string> ChangeParser::Computed(Change& change) {
  change.computed = true;
  KENAL_TRY(tokens_.Next());
  KENAL_TRY(Mark('('));
  if (tokens_.kind() != Kind::kText) {
    return tokens_.Wrong("should be text here");
  }
  std::string text = tokens_.text();
  KENAL_TRY(tokens_.Next());
  KENAL_TRY(Mark(')'));
  return text;
}

StatusOr<std::optional<std::string>> ChangeParser::Literal(Change& change) {
  if (tokens_.IsWord("unistr")) {
    KENAL_TRY_ASSIGN(std::string text, Computed(change));
    return std::optional<std::string>(std::move(text));
  }
  std::optional<std::string> text;
  switch (tokens_.kind()) {
    case Kind::kText:
    case Kind::kNumber:
      text = tokens_.text();
      break;
    case Kind::kBytes:
      change.computed = true;
      break;
    default:
      if (!tokens_.IsWord("NULL")) {
        return tokens_.Wrong("should be a value here: text, a number or NULL");
      }
  }
  KENAL_TRY(tokens_.Next());
  return text;
}

Status ChangeParser::Count(const std::vector<Value>& values, size_t bytes) {
  value_bytes_ += bytes;
  if (values.size() <= kValuesMax && value_bytes_ <= kValueBytesMax) {
    return OkStatus();
  }
  return tokens_.Wrong("one statement has more than " +
                       std::to_string(kValuesMax) + " values or " +
                       std::to_string(kValueBytesMax) + " bytes of them");
}

Status ChangeParser::Insert(Change& change) {
  std::vector<Value>& values = change.values;
  if (tokens_.IsMark('(')) {
    do {
      KENAL_TRY(tokens_.Next());
      KENAL_TRY_ASSIGN(std::string column, Column());
      values.push_back({.column = std::move(column)});
      KENAL_TRY(Count(values, values.back().column.size()));
    } while (tokens_.IsMark(','));
    KENAL_TRY(Mark(')'));
  }
  const bool has_columns = !values.empty();
  KENAL_TRY(Word("VALUES"));
  if (!tokens_.IsMark('(')) return Mark('(');
  size_t count = 0;
  do {
    KENAL_TRY(tokens_.Next());
    if (!has_columns) values.emplace_back();
    if (count == values.size()) {
      return tokens_.Wrong("has more values than columns");
    }
    KENAL_TRY_ASSIGN(values[count].text, Literal(change));
    KENAL_TRY(Count(values, values[count].text.value_or("").size()));
    ++count;
  } while (tokens_.IsMark(','));
  if (count != values.size()) {
    return tokens_.Wrong("has fewer values than columns");
  }
  if (!has_columns) {
    const bool fits = count == std::size(kFileColumns);
    for (size_t i = 0; fits && i < count; ++i) {
      values[i].column = kFileColumns[i];
    }
    if (!fits) change.computed = true;
  }
  return Mark(')');
}

// column=value, and more of them after each `between`.
Status ChangeParser::Pairs(std::string_view between, std::vector<Value>& out,
                           Change& change) {
  while (true) {
    KENAL_TRY_ASSIGN(std::string column, Column());
    if (tokens_.IsWord("IS")) {
      KENAL_TRY(tokens_.Next());
    } else {
      KENAL_TRY(Mark('='));
    }
    KENAL_TRY_ASSIGN(auto text, Literal(change));
    const size_t bytes = column.size() + text.value_or("").size();
    out.push_back({std::move(column), std::move(text)});
    KENAL_TRY(Count(out, bytes));
    const bool more =
        between == "," ? tokens_.IsMark(',') : tokens_.IsWord(between);
    if (!more) return OkStatus();
    KENAL_TRY(tokens_.Next());
  }
}

// Without looking at the next statement, so that its position is its own.
Status ChangeParser::End() {
  return tokens_.IsMark(';') ? OkStatus() : tokens_.Wrong("should be ; here");
}

StatusOr<bool> ChangeParser::Next(Change& change) {
  while (true) {
    KENAL_TRY(tokens_.Next());
    if (tokens_.kind() == Kind::kEnd) return false;
    if (tokens_.IsMark(';')) continue;
    change = {.byte = tokens_.byte(), .line = tokens_.line()};
    value_bytes_ = 0;
    const bool frame = tokens_.IsWord("BEGIN") || tokens_.IsWord("COMMIT") ||
                       tokens_.IsWord("END");
    if (frame) {
      KENAL_TRY(tokens_.Next());
      if (tokens_.IsWord("TRANSACTION")) KENAL_TRY(tokens_.Next());
      KENAL_TRY(End());
      continue;
    }
    if (tokens_.IsWord("INSERT")) {
      KENAL_TRY(tokens_.Next());
      KENAL_TRY(Word("INTO"));
      KENAL_TRY(Table(change));
      KENAL_TRY(Insert(change));
    } else if (tokens_.IsWord("DELETE")) {
      change.what = Change::What::kDelete;
      KENAL_TRY(tokens_.Next());
      KENAL_TRY(Word("FROM"));
      KENAL_TRY(Table(change));
      KENAL_TRY(Word("WHERE"));
      KENAL_TRY(Pairs("AND", change.where, change));
    } else if (tokens_.IsWord("UPDATE")) {
      change.what = Change::What::kUpdate;
      KENAL_TRY(tokens_.Next());
      KENAL_TRY(Table(change));
      KENAL_TRY(Word("SET"));
      KENAL_TRY(Pairs(",", change.values, change));
      KENAL_TRY(Word("WHERE"));
      KENAL_TRY(Pairs("AND", change.where, change));
    } else {
      return Refuse();
    }
    KENAL_TRY(End());
    return true;
  }
}

class NsrlDeltaReader : public Reader {
 public:
  explicit NsrlDeltaReader(std::unique_ptr<Input> input)
      : input_(std::move(input)), changes_(*input_) {
    constexpr std::string_view kMeanings[kFieldCount][2] = {
        {"sha256", "sha256"},
        {"sha1", "sha1"},
        {"md5", "md5"},
        {"file_name", "file_name"},
        {"file_size", "size"}};
    for (size_t i = 0; i < kFieldCount; ++i) {
      fields_[i] = {kMeanings[i][0], *TableField::Parse(kMeanings[i][1])};
    }
  }

  const Heading& heading() const override { return heading_; }
  uint64_t consumed_bytes() const override {
    return input_->source().consumed_bytes();
  }
  std::optional<uint64_t> size_bytes() const override {
    return input_->source().size_bytes();
  }
  StatusOr<bool> Next(Item& item) override;

 private:
  static constexpr size_t kFieldCount = 5;
  static constexpr size_t kHashFields = 3;  // the first of them

  // The place in fields_, or kFieldCount.
  size_t FieldOf(std::string_view column) const;
  Status Read(const std::vector<Value>& values, bool hashes_alone,
              Record& record) const;
  Status ReadChange(const Change& change, Record& record) const;
  bool TellCounts(Item& item);

  std::unique_ptr<Input> input_;
  ChangeParser changes_;
  Heading heading_{.version = "3"};
  std::array<std::pair<std::string_view, TableField>, kFieldCount> fields_;
  Change change_;
  uint64_t record_ = 0;
  SignalSet last_;
  bool last_deleted_ = false;
  uint64_t repeated_ = 0;
  uint64_t other_ = 0;
};

size_t NsrlDeltaReader::FieldOf(std::string_view column) const {
  size_t at = 0;
  while (at < kFieldCount && !SameWord(fields_[at].first, column)) ++at;
  return at;
}

Status NsrlDeltaReader::Read(const std::vector<Value>& values,
                             bool hashes_alone, Record& record) const {
  for (const Value& value : values) {
    const size_t at = FieldOf(value.column);
    if (!value.text || (hashes_alone && at >= kHashFields)) continue;
    if (!exchange::IsUtf8(*value.text) || !exchange::IsUtf8(value.column)) {
      return InvalidArgument("holds text that is not UTF-8");
    }
    if (at < kFieldCount) {
      KENAL_TRY(fields_[at].second.Read(*value.text, record));
    } else if (!value.text->empty()) {
      record.extra.push_back({value.column, *value.text});
    }
  }
  return OkStatus();
}

Status NsrlDeltaReader::ReadChange(const Change& change, Record& record) const {
  record = {};
  record.family = kFamily;
  if (change.computed) {
    return InvalidArgument("has values that are not plain text or numbers");
  }
  record.deleted = change.what == Change::What::kDelete;
  if (record.deleted) {
    KENAL_TRY(Read(change.where, true, record));
    if (!record.signals.HasSignal()) {
      return InvalidArgument("deletes a row that no hash names");
    }
  } else if (change.what == Change::What::kInsert) {
    KENAL_TRY(Read(change.values, false, record));
  } else {
    const auto is_hash = [this](const Value& value) {
      return FieldOf(value.column) < kHashFields;
    };
    if (std::any_of(change.values.begin(), change.values.end(), is_hash)) {
      return InvalidArgument(
          "changes the hashes of a row; the entry of the old ones stays");
    }
    // What is so afterwards goes before what was so.
    std::vector<Value> whole = change.values;
    for (const Value& was : change.where) {
      const bool stays = std::none_of(
          change.values.begin(), change.values.end(),
          [&was](const Value& is) { return SameWord(is.column, was.column); });
      if (stays) whole.push_back(was);
    }
    KENAL_TRY(Read(whole, false, record));
    if (!record.signals.HasSignal()) {
      return InvalidArgument("changes a row that no hash names");
    }
  }
  return CheckRecord(record);
}

bool NsrlDeltaReader::TellCounts(Item& item) {
  for (const auto& [path, count] :
       {std::pair{"repeated rows", &repeated_},
        std::pair{"rows of other tables", &other_}}) {
    if (*count == 0) continue;
    item = {.kind = Item::Kind::kField};
    item.field.extra = {path, std::to_string(*count)};
    *count = 0;
    return true;
  }
  return false;
}

StatusOr<bool> NsrlDeltaReader::Next(Item& item) {
  while (true) {
    KENAL_TRY_ASSIGN(const bool more, changes_.Next(change_));
    if (!more) return TellCounts(item);
    if (!change_.of_hashes) {
      ++other_;
      continue;
    }
    item.kind = Item::Kind::kRecord;
    item.position = {
        .record = ++record_, .byte = change_.byte, .line = change_.line};
    const Status read = ReadChange(change_, item.record);
    if (!read.ok()) {
      item.kind = Item::Kind::kRefused;
      item.why = std::string(read.message());
      return true;
    }
    if (item.record.signals == last_ && item.record.deleted == last_deleted_) {
      ++repeated_;
      continue;
    }
    last_ = item.record.signals;
    last_deleted_ = item.record.deleted;
    return true;
  }
}

// That all of it is what it may be.
Status Check(const std::string& path) {
  KENAL_TRY_ASSIGN(auto source, ByteSource::Open(path));
  if (!source->size_bytes()) {
    return InvalidArgument(path +
                           ", byte 0: is no regular file; a delta is read "
                           "twice, so save it first");
  }
  Input input(std::move(source));
  ChangeParser changes(input);
  Change change;
  bool any = false;
  while (true) {
    KENAL_TRY_ASSIGN(const bool more, changes.Next(change));
    if (!more) break;
    any = true;
  }
  return any ? OkStatus()
             : InvalidArgument(path + ", byte 0: holds no statement");
}

}  // namespace

StatusOr<std::unique_ptr<Reader>> OpenNsrlDelta(const std::string& path) {
  if (path == "-") {
    return InvalidArgument(
        "standard input, byte 0: a delta is read twice, so save it first");
  }
  KENAL_TRY(Check(path));
  KENAL_TRY_ASSIGN(auto input, Input::Open(path));
  return std::make_unique<NsrlDeltaReader>(std::move(input));
}

}  // namespace kenal::formats
