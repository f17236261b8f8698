// JSON of any size: its outer levels step by step, and each value within them
// as a tree. Values are parsed by RapidJSON's iterative parser.
#ifndef KENAL_SRC_FORMATS_JSON_STREAM_H_
#define KENAL_SRC_FORMATS_JSON_STREAM_H_

#include <memory>
#include <string>
#include <string_view>

#include "kenal/status.h"
#include "src/formats/input.h"
#include "src/formats/json_tree.h"

namespace kenal::formats {

// Steps through one object or array that is not kept whole:
//
//   KENAL_TRY(stream.Open('{'));
//   while (true) {
//     KENAL_TRY_ASSIGN(const bool more, stream.More('}'));
//     if (!more) break;
//     KENAL_TRY(stream.ReadKey(key));
//     KENAL_TRY(stream.Read(tree));
//   }
//
// Levels may be nested that way.
// Errors: kInvalidArgument with file and byte. Not thread-safe.
class JsonStream {
 public:
  explicit JsonStream(Input& input);
  ~JsonStream();

  // The next character that is not white space; NUL at the end.
  char Peek();

  // `bracket` is { or [.
  Status Open(char bracket);
  // True before another member or element; false once `bracket` has closed it.
  StatusOr<bool> More(char bracket);
  // The name of a member and the colon.
  Status ReadKey(std::string& key);
  // One value.
  Status Read(JsonTree& tree);
  // That nothing but white space is left.
  Status Close();

  Status Wrong(std::string_view why) const { return input_.Wrong(why); }
  uint64_t offset() const { return input_.offset(); }

 private:
  struct Parser;
  Input& input_;
  std::unique_ptr<Parser> parser_;
  bool fresh_ = false;  // nothing of the level that was opened last was read
};

}  // namespace kenal::formats

#endif  // KENAL_SRC_FORMATS_JSON_STREAM_H_
