#include "src/formats/xml_stream.h"

#include <libxml/parser.h>
#include <libxml/xmlerror.h>

#include <algorithm>

#include "src/formats/value_text.h"

namespace kenal::formats {
namespace {

// Never XML_PARSE_NOENT, XML_PARSE_DTDLOAD or XML_PARSE_HUGE.
constexpr int kOptions = XML_PARSE_NONET | XML_PARSE_NOCDATA |
                         XML_PARSE_BIG_LINES | XML_PARSE_COMPACT;

std::string_view Text(const xmlChar* text) {
  return text == nullptr ? std::string_view()
                         : reinterpret_cast<const char*>(text);
}

bool IsText(const xmlNode* node) {
  return node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE;
}

std::string AttributeText(const xmlAttr* attribute) {
  std::string text;
  for (const xmlNode* each = attribute->children; each; each = each->next) {
    if (IsText(each)) text += Text(each->content);
  }
  return text;
}

void AppendName(std::string_view prefix, std::string_view name,
                std::string& out) {
  if (!prefix.empty()) {
    out += prefix;
    out += ':';
  }
  out += name;
}

void AppendDeclaration(std::string_view prefix, std::string_view href,
                       std::string& out) {
  out += prefix.empty() ? " xmlns" : " xmlns:";
  out += prefix;
  out += "=\"";
  AppendXmlText(href, out);
  out += '"';
}

void AppendAttributes(const xmlNode* element, std::string& out) {
  for (const xmlAttr* each = element->properties; each; each = each->next) {
    std::string_view prefix;
    if (each->ns != nullptr) {
      prefix = Text(each->ns->prefix);
      if (prefix != "xml" && !prefix.empty()) {
        AppendDeclaration(prefix, Text(each->ns->href), out);
      }
    }
    out += ' ';
    AppendName(prefix, Text(each->name), out);
    out += "=\"";
    AppendXmlText(AttributeText(each), out);
    out += '"';
  }
}

void AppendElement(const xmlNode* element, std::string_view around,
                   std::string& out) {
  const std::string_view space = XmlNamespace(element);
  out += '<';
  out += XmlName(element);
  if (space != around) AppendDeclaration({}, space, out);
  AppendAttributes(element, out);
  if (element->children == nullptr) {
    out += "/>";
    return;
  }
  out += '>';
  const bool holds_elements = FirstElement(element) != nullptr;
  for (const xmlNode* each = element->children; each; each = each->next) {
    if (each->type == XML_ELEMENT_NODE) {
      AppendElement(each, space, out);
    } else if (IsText(each)) {
      const std::string_view text = Text(each->content);
      if (!holds_elements || !Trimmed(text).empty()) AppendXmlText(text, out);
    }
  }
  out += "</";
  out += XmlName(element);
  out += '>';
}

void SayNothing(void*, const char*, ...) {}

// Errors of a thread's own, such as those of coding, would go to standard error
// with bytes of the file.
void KeepQuiet() {
  xmlSetStructuredErrorFunc(nullptr, [](void*, xmlError*) {});
  xmlSetGenericErrorFunc(nullptr, SayNothing);
}

}  // namespace

StatusOr<std::unique_ptr<XmlStream>> XmlStream::Open(const std::string& path) {
  xmlInitParser();
  KeepQuiet();
  KENAL_TRY_ASSIGN(auto source, ByteSource::Open(path));
  std::unique_ptr<XmlStream> stream(new XmlStream(std::move(source)));
  stream->read_until_ = kElementBytesMax;
  stream->reader_ = xmlReaderForIO(ReadBytes, nullptr, stream.get(), nullptr,
                                   nullptr, kOptions);
  if (stream->reader_ == nullptr) {
    KENAL_TRY(stream->read_error_);
    return ResourceExhausted(path + ": no memory to read it");
  }
  xmlTextReaderSetStructuredErrorHandler(stream->reader_, KeepError,
                                         stream.get());
  return stream;
}

XmlStream::~XmlStream() {
  if (reader_ != nullptr) xmlFreeTextReader(reader_);
}

int XmlStream::ReadBytes(void* self, char* out, int size) {
  auto* stream = static_cast<XmlStream*>(self);
  if (stream->source_->consumed_bytes() >= stream->read_until_) {
    stream->read_error_ =
        InvalidArgument(stream->source_->name() + ", byte " +
                        std::to_string(stream->source_->consumed_bytes()) +
                        ": one element is longer than " +
                        std::to_string(kElementBytesMax) + " bytes");
    return -1;
  }
  const StatusOr<size_t> got =
      stream->source_->Read({out, static_cast<size_t>(size)});
  if (got.ok()) return static_cast<int>(*got);
  stream->read_error_ = got.status();
  return -1;
}

void XmlStream::KeepError(void* self, xmlError* error) {
  auto* stream = static_cast<XmlStream*>(self);
  if (error == nullptr || error->level < XML_ERR_ERROR) return;
  if (stream->error_code_ != 0) return;
  stream->error_code_ = error->code;
  stream->error_line_ = error->line;
}

StatusOr<bool> XmlStream::Next() {
  KeepQuiet();
  while (true) {
    read_until_ = source_->consumed_bytes() + kElementBytesMax;
    const int moved =
        pass_over_ ? xmlTextReaderNext(reader_) : xmlTextReaderRead(reader_);
    pass_over_ = false;
    KENAL_TRY(read_error_);
    if (moved < 0 || error_code_ != 0) {
      return Wrong("is not well-formed XML (libxml2 error " +
                   std::to_string(error_code_) + ")");
    }
    if (moved == 0) return false;
    switch (xmlTextReaderNodeType(reader_)) {
      case XML_READER_TYPE_ELEMENT:
      case XML_READER_TYPE_END_ELEMENT:
        return true;
      case XML_READER_TYPE_DOCUMENT_TYPE:
        return Wrong("has a document type declaration; lists have none");
      case XML_READER_TYPE_ENTITY_REFERENCE:
        return Wrong("uses an entity of its own; lists have none");
      default:
        break;
    }
  }
}

bool XmlStream::at_begin() const {
  return xmlTextReaderNodeType(reader_) == XML_READER_TYPE_ELEMENT;
}

bool XmlStream::is_empty() const {
  return xmlTextReaderIsEmptyElement(reader_) == 1;
}

int XmlStream::depth() const { return xmlTextReaderDepth(reader_); }

const xmlNode* XmlStream::node() const {
  return xmlTextReaderCurrentNode(reader_);
}

uint64_t XmlStream::line() const {
  return static_cast<uint64_t>(xmlGetLineNo(node()));
}

StatusOr<const xmlNode*> XmlStream::Tree() {
  KeepQuiet();
  read_until_ = source_->consumed_bytes() + kElementBytesMax;
  const xmlNode* tree = xmlTextReaderExpand(reader_);
  KENAL_TRY(read_error_);
  if (tree == nullptr || error_code_ != 0) {
    return Wrong("is not well-formed XML (libxml2 error " +
                 std::to_string(error_code_) + ")");
  }
  pass_over_ = true;
  return tree;
}

Status XmlStream::Wrong(std::string_view why) const {
  const int at = error_code_ != 0 ? error_line_
                                  : xmlTextReaderGetParserLineNumber(reader_);
  return InvalidArgument(source_->name() + ", line " + std::to_string(at) +
                         ": " + std::string(why));
}

std::string_view XmlName(const xmlNode* node) { return Text(node->name); }

std::string_view XmlNamespace(const xmlNode* node) {
  return node->ns == nullptr ? std::string_view() : Text(node->ns->href);
}

std::string XmlText(const xmlNode* element) {
  std::string text;
  for (const xmlNode* each = element->children; each; each = each->next) {
    if (IsText(each)) text += Text(each->content);
  }
  return std::string(Trimmed(text));
}

std::optional<std::string> XmlAttribute(const xmlNode* element,
                                        std::string_view name) {
  for (const xmlAttr* each = element->properties; each; each = each->next) {
    if (each->ns == nullptr && Text(each->name) == name) {
      return AttributeText(each);
    }
  }
  return std::nullopt;
}

const xmlNode* FirstElement(const xmlNode* parent) {
  const xmlNode* child = parent->children;
  return child == nullptr || child->type == XML_ELEMENT_NODE
             ? child
             : NextElement(child);
}

const xmlNode* NextElement(const xmlNode* node) {
  do {
    node = node->next;
  } while (node != nullptr && node->type != XML_ELEMENT_NODE);
  return node;
}

bool IsXmlName(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !name.empty() && letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) {
           return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
         });
}

void AppendXmlText(std::string_view text, std::string& out) {
  constexpr std::string_view kMarks = "&<>\"";
  constexpr std::string_view kMarkTexts[] = {"&amp;", "&lt;", "&gt;", "&quot;"};
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool control = static_cast<unsigned char>(c) < 0x20;
    if (!control && c != '&' && c != '<' && c != '>' && c != '"') continue;
    out.append(text, begin, i - begin);
    begin = i + 1;
    if (!control) {
      out += kMarkTexts[kMarks.find(c)];
    } else if (c == '\r' || c == '\n' || c == '\t') {
      // As they are, an attribute would lose them.
      out += "&#" + std::to_string(static_cast<int>(c)) + ";";
    } else {
      out += "\xEF\xBF\xBD";  // XML has no place for the others
    }
  }
  out.append(text, begin, text.size() - begin);
}

void AppendXml(const xmlNode* element, std::string_view home,
               std::string& out) {
  AppendElement(element, home, out);
}

Status ParseXml(const std::string& text, std::string_view home,
                void (*use)(const xmlNode*, void*), void* context) {
  std::string whole = "<a xmlns=\"" + std::string(home) + "\">" + text + "</a>";
  xmlDoc* document = xmlReadMemory(
      whole.data(), static_cast<int>(whole.size()), nullptr, nullptr,
      kOptions | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
  if (document == nullptr) return InvalidArgument("is not XML");
  const xmlNode* root = xmlDocGetRootElement(document);
  const xmlNode* element = root == nullptr ? nullptr : FirstElement(root);
  if (element != nullptr && element->next != nullptr) element = nullptr;
  if (element != nullptr && element->prev != nullptr) element = nullptr;
  if (element != nullptr) use(element, context);
  xmlFreeDoc(document);
  return element != nullptr ? OkStatus() : InvalidArgument("is no element");
}

}  // namespace kenal::formats
