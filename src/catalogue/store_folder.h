// Store folder: making a store in a folder, whole or not at all.
#ifndef KENAL_SRC_CATALOGUE_STORE_FOLDER_H_
#define KENAL_SRC_CATALOGUE_STORE_FOLDER_H_

#include <functional>
#include <string>
#include <string_view>

#include "kenal/status.h"

namespace kenal::catalogue {

// Left by Kenal up to format 3, for imports.
inline constexpr std::string_view kStagingFolderName = "staging";

// Copies of the store that imports are tried on, in its folder.
inline constexpr std::string_view kRehearsalPrefix = "rehearsal-";
// Those that a killed process left.
void RemoveRehearsals(const std::string& folder);

// Makes the last folder of a path for its owner alone; one that is there stays
// as it is. Errors: kResourceExhausted, kUnavailable.
Status MakeFolder(const std::string& folder);

// Makes `folder` when it is missing and a store in it. `build` makes the
// database in the empty folder that it is given; once it has returned, that
// is synced and gets its final name.
// Errors: kAlreadyExists       there is a store already
//         kFailedPrecondition  the folder holds other files
//         kUnavailable         another process is at it
//         those of `build`; there is no store then
Status MakeStore(
    const std::string& folder,
    const std::function<Status(const std::string& database)>& build);

}  // namespace kenal::catalogue

#endif  // KENAL_SRC_CATALOGUE_STORE_FOLDER_H_
