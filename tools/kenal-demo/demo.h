// The pieces of the quickstart's show: choosing pictures, altering copies of
// them, and a table of what the service made of these.
//
// Not part of the engine: it decodes, with OpenCV and unsandboxed, only the
// pictures of Debian's own packages that the quickstart has fetched.
#ifndef KENAL_TOOLS_KENAL_DEMO_DEMO_H_
#define KENAL_TOOLS_KENAL_DEMO_DEMO_H_

#include <string>

#include "kenal/status.h"

namespace kenal::demo {

// Links one picture of each work below `pictures` into `out`/listed or
// `out`/unlisted, as WORK.EXT. Sizes, crops and light or dark editions of one
// picture are one work, so nothing in `unlisted` is a copy of a listed one.
Status PickWorks(const std::string& pictures, const std::string& out);

// Writes the altered copies of each picture in `listed` to `out`, as
// WORK.ALTERATION.EXT; copies that are there already are left.
Status MakeCopies(const std::string& listed, const std::string& out);

// Prints, from the lines of `kenal match --json`, a table of `rows_max`
// pictures (0: all), then recall by alteration and the false positives.
Status PrintTable(const std::string& answers, int works_max);

}  // namespace kenal::demo

#endif  // KENAL_TOOLS_KENAL_DEMO_DEMO_H_
