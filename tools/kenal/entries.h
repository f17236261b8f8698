// Entries of a list, one by one.
#ifndef KENAL_TOOLS_KENAL_ENTRIES_H_
#define KENAL_TOOLS_KENAL_ENTRIES_H_

#include <functional>
#include <string>

#include "kenal/curator.h"
#include "tools/kenal/context.h"

namespace kenal::cli {

// Hands every entry of `list` to `each`, by serial, with progress under the
// name of `verb`. Ends with the first error of `each`, and with kCancelled on
// Ctrl-C.
Status ForEachEntry(Context& context, Curator& curator, const std::string& list,
                    bool with_secrets, const std::string& verb,
                    const std::function<Status(ListedEntry&)>& each);

}  // namespace kenal::cli

#endif  // KENAL_TOOLS_KENAL_ENTRIES_H_
