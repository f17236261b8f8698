// Text of evidence and lists on a page or in XML. All of it goes through here.
#ifndef KENAL_SRC_REPORT_PAGE_TEXT_H_
#define KENAL_SRC_REPORT_PAGE_TEXT_H_

#include <string>
#include <string_view>

namespace kenal::report {

// What a person sees of bytes that someone else chose: as exchange::ForDisplay
// (control characters, what turns the reading direction and bytes that are not
// UTF-8 as \xNN), and characters of no width as \u{200B}. No surrogates, U+FFFE
// or U+FFFF: it may stand in XML.
std::string VisibleText(std::string_view bytes);

// VisibleText as the content or the quoted attribute of an element, of HTML or
// XML.
std::string MarkupText(std::string_view bytes);

// VisibleText as a JSON string, with quotes, that may stand within a script
// element: <, >, & and the line separators are written as \uXXXX.
void AppendScriptText(std::string_view bytes, std::string& out);

}  // namespace kenal::report

#endif  // KENAL_SRC_REPORT_PAGE_TEXT_H_
