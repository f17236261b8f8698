#include "src/http/target.h"

#include "src/http/json.h"

namespace kenal::http {
namespace {

constexpr size_t kParametersMax = 32;

StatusOr<std::string> Decode(std::string_view text, bool plus_is_blank) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    char letter = text[i];
    if (letter == '%') {
      std::string byte;
      if (i + 2 >= text.size() || !Unhex(text.substr(i + 1, 2), byte)) {
        return InvalidArgument(
            "the target: holds a % that two hex digits do not follow");
      }
      letter = byte[0];
      i += 2;
    } else if (letter == '+' && plus_is_blank) {
      letter = ' ';
    }
    if (static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f) {
      return InvalidArgument("the target: holds a control character");
    }
    decoded += letter;
  }
  return decoded;
}

char Lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a')
                                        : letter;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
    text.remove_prefix(1);
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
    text.remove_suffix(1);
  }
  return text;
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& letter : lower) letter = Lower(letter);
  return lower;
}

// The headers of one part; gives the name in its Content-Disposition.
StatusOr<std::string> PartName(std::string_view headers) {
  while (!headers.empty()) {
    const size_t end = headers.find("\r\n");
    const std::string_view line = headers.substr(0, end);
    headers =
        end == headers.npos ? std::string_view() : headers.substr(end + 2);
    const size_t colon = line.find(':');
    if (colon == line.npos ||
        LowerCase(Trim(line.substr(0, colon))) != "content-disposition") {
      continue;
    }
    const std::string_view value = Trim(line.substr(colon + 1));
    if (MediaType(value) != "form-data") break;
    return MediaTypeParameter(value, "name");
  }
  return InvalidArgument("the form: its part has no name");
}

}  // namespace

const std::string* Target::Find(std::string_view name) const {
  for (const auto& [key, value] : parameters) {
    if (key == name) return &value;
  }
  return nullptr;
}

std::string_view Target::Get(std::string_view name) const {
  const std::string* const value = Find(name);
  return value == nullptr ? std::string_view() : *value;
}

StatusOr<Target> ParseTarget(std::string_view text) {
  if (!text.starts_with('/')) {
    return InvalidArgument("the target: is no path; it starts with /");
  }
  if (text.find('#') != text.npos) {
    return InvalidArgument("the target: holds a #");
  }
  Target target;
  const size_t question = text.find('?');
  KENAL_TRY_ASSIGN(target.path, Decode(text.substr(0, question), false));
  if (question == text.npos) return target;
  std::string_view query = text.substr(question + 1);
  while (!query.empty()) {
    const size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query = end == query.npos ? std::string_view() : query.substr(end + 1);
    if (pair.empty()) continue;
    const size_t equals = pair.find('=');
    KENAL_TRY_ASSIGN(std::string name, Decode(pair.substr(0, equals), true));
    std::string value;
    if (equals != pair.npos) {
      KENAL_TRY_ASSIGN(value, Decode(pair.substr(equals + 1), true));
    }
    if (target.Find(name) != nullptr) {
      return InvalidArgument("the target: holds a parameter twice");
    }
    if (target.parameters.size() == kParametersMax) {
      return InvalidArgument("the target: holds too many parameters");
    }
    target.parameters.emplace_back(std::move(name), std::move(value));
  }
  return target;
}

std::string MediaType(std::string_view content_type) {
  return LowerCase(Trim(content_type.substr(0, content_type.find(';'))));
}

std::string MediaTypeParameter(std::string_view content_type,
                               std::string_view name) {
  std::string value;
  size_t at = content_type.find(';');
  while (at != content_type.npos) {
    ++at;
    const size_t equals = content_type.find('=', at);
    if (equals == content_type.npos) return "";
    const bool is_it =
        LowerCase(Trim(content_type.substr(at, equals - at))) == name;
    value.clear();
    at = equals + 1;
    if (at < content_type.size() && content_type[at] == '"') {
      for (++at; at < content_type.size() && content_type[at] != '"'; ++at) {
        if (content_type[at] == '\\' && at + 1 < content_type.size()) ++at;
        value += content_type[at];
      }
      at = content_type.find(';', at);
    } else {
      const size_t end = content_type.find(';', at);
      value = Trim(
          content_type.substr(at, end == content_type.npos ? end : end - at));
      at = end;
    }
    if (is_it) return value;
  }
  return "";
}

StatusOr<FormPart> OnlyFormPart(std::string_view body,
                                std::string_view boundary) {
  if (boundary.empty() || boundary.size() > 70) {
    return InvalidArgument("the form: its boundary is not 1 to 70 characters");
  }
  const std::string first = "--" + std::string(boundary);
  const std::string next = "\r\n" + first;
  size_t at = body.find(first);
  if (at == body.npos || (at != 0 && body.substr(at - 1, 1) != "\n")) {
    return InvalidArgument("the form: its boundary is not in the body");
  }
  at = body.find("\r\n", at + first.size());
  const size_t content = at == body.npos ? at : body.find("\r\n\r\n", at);
  const size_t end =
      content == body.npos ? content : body.find(next, content + 2);
  if (end == body.npos || end < content + 4) {
    return InvalidArgument("the form: holds no whole part");
  }
  if (!body.substr(end + next.size()).starts_with("--")) {
    return InvalidArgument("the form: holds more than one part; send one file");
  }
  FormPart part;
  KENAL_TRY_ASSIGN(part.name, PartName(body.substr(at + 2, content - at - 2)));
  part.content = body.substr(content + 4, end - content - 4);
  return part;
}

}  // namespace kenal::http
