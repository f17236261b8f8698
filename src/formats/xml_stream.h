// XML of any size, element by element, through libxml2's pull reader without
// entities, network or large-document mode. A document type declaration is
// refused: lists have none, and entities are made in them.
#ifndef KENAL_SRC_FORMATS_XML_STREAM_H_
#define KENAL_SRC_FORMATS_XML_STREAM_H_

#include <libxml/tree.h>
#include <libxml/xmlreader.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "kenal/status.h"
#include "src/formats/byte_source.h"

namespace kenal::formats {

// Not thread-safe. Errors: kInvalidArgument with file and line.
class XmlStream {
 public:
  // What one element and the space before it may take in the file.
  static constexpr uint64_t kElementBytesMax = 1 << 20;

  static StatusOr<std::unique_ptr<XmlStream>> Open(const std::string& path);
  ~XmlStream();
  XmlStream(const XmlStream&) = delete;
  XmlStream& operator=(const XmlStream&) = delete;

  // Goes to the next begin or end of an element, into the current one unless
  // Tree() was called for it. False at the end of the document.
  StatusOr<bool> Next();
  bool at_begin() const;
  bool is_empty() const;        // <a/>: no end of it will come
  int depth() const;            // 0: the root element
  const xmlNode* node() const;  // without its children
  uint64_t line() const;

  // The current element with all that is in it, until Next.
  StatusOr<const xmlNode*> Tree();

  Status Wrong(std::string_view why) const;
  const ByteSource& source() const { return *source_; }

 private:
  explicit XmlStream(std::unique_ptr<ByteSource> source)
      : source_(std::move(source)) {}
  static int ReadBytes(void* self, char* out, int size);
  static void KeepError(void* self, xmlError* error);

  std::unique_ptr<ByteSource> source_;
  xmlTextReader* reader_ = nullptr;
  uint64_t read_until_ = 0;
  Status read_error_;
  int error_code_ = 0;
  int error_line_ = 0;
  bool pass_over_ = false;  // the current element was read whole
};

std::string_view XmlName(const xmlNode* node);
std::string_view XmlNamespace(const xmlNode* node);
// The text directly in an element, trimmed.
std::string XmlText(const xmlNode* element);
// The value of an attribute without namespace; unset when it is not there.
std::optional<std::string> XmlAttribute(const xmlNode* element,
                                        std::string_view name);
// The first child element, or sibling, of any name.
const xmlNode* FirstElement(const xmlNode* parent);
const xmlNode* NextElement(const xmlNode* node);

// True for what may be the name of an element or attribute here: ASCII, and no
// prefix.
bool IsXmlName(std::string_view name);

// Appends one element as text: without comments, and without white space
// beside elements. Elements in the namespace `home` are written as if it were
// the default one.
void AppendXml(const xmlNode* element, std::string_view home, std::string& out);
// Text between tags, and in attributes.
void AppendXmlText(std::string_view text, std::string& out);

// Parses what AppendXml wrote, and gives the element to `use`.
// Errors: kInvalidArgument, for anything else than one element.
Status ParseXml(const std::string& text, std::string_view home,
                void (*use)(const xmlNode*, void*), void* context);

}  // namespace kenal::formats

#endif  // KENAL_SRC_FORMATS_XML_STREAM_H_
