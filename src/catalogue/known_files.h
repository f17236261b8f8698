// Known files: the known-good files of a store, as the catalogue sees them.
//
// Each is one file in `known/`, named by the list, the digest type and the
// beginning of its SHA-256, so that a file is never altered under its name. The
// catalogue keeps a row of it and knows nothing of what is inside (src/known
// does). A file is whole and synced in its place before the record that names
// it; what no row names is left over and goes.
#ifndef KENAL_SRC_CATALOGUE_KNOWN_FILES_H_
#define KENAL_SRC_CATALOGUE_KNOWN_FILES_H_

#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "kenal/list.h"
#include "kenal/status.h"
#include "src/base/codec.h"
#include "src/catalogue/store.h"

namespace kenal::catalogue {

inline constexpr std::string_view kKnownFolderName = "known";

// "FOLDER/known", of a store in FOLDER.
std::string KnownFolder(const std::string& folder);
// "nsrl.sha1.0123456789abcdef".
std::string KnownFileName(std::string_view list, const KnownGoodFile& file);
bool IsKnownFileName(std::string_view name);
// Where the file is built before it gets that name: "nsrl.sha1.new".
std::string KnownDraftName(std::string_view list, SignalType signal);

// Whether all that is in the folder is such a file, or what building one
// leaves. False for what is no folder.
bool HoldsOnlyKnownFiles(const std::string& known_folder);

// Makes the folder, synced, when it is missing.
// Errors: kResourceExhausted, kUnavailable
Status MakeKnownFolder(const std::string& folder);
// Gives a built and synced file its name. The folder is still to be synced.
Status PlaceKnownFile(const std::string& folder, const std::string& built,
                      const std::string& name);
Status SyncKnownFolder(const std::string& folder);
// Removes files that have such a name and are not `needed`; with `drafts`,
// also what builders left. Best effort: what stays is removed next time.
void RemoveOtherKnownFiles(const std::string& folder,
                           const std::set<std::string>& needed, bool drafts);

// meta / "known/", u16 list number, byte signal type.
std::string KnownKey(ListNumber list, SignalType signal);
std::string EncodeKnownRow(const KnownGoodFile& file);
// Every row, by list and type. Errors: kDataLoss
Status ScanKnownRows(
    const Store& store, const rocksdb::Snapshot* snapshot,
    const std::function<Status(ListNumber list, const KnownGoodFile& file)>&
        row);

// Parts shared with the change codec: all but the type and `set_at`.
void EncodeKnownFacts(const KnownGoodFile& file, base::Encoder& out);
void DecodeKnownFacts(base::Decoder& in, KnownGoodFile& file);
SignalType DecodeDigestType(base::Decoder& in);

}  // namespace kenal::catalogue

#endif  // KENAL_SRC_CATALOGUE_KNOWN_FILES_H_
