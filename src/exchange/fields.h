// Fields that several kinds of line have in common.
#ifndef KENAL_SRC_EXCHANGE_FIELDS_H_
#define KENAL_SRC_EXCHANGE_FIELDS_H_

#include <optional>
#include <string>
#include <vector>

#include "kenal/entry.h"
#include "kenal/list.h"
#include "kenal/verdict.h"
#include "src/exchange/json_writer.h"

namespace kenal::exchange {

void WriteClassifications(const std::vector<Classification>& classifications,
                          JsonWriter& json);
void WriteFlags(const std::vector<std::string>& flags, JsonWriter& json);
void WriteProvenance(const Provenance& provenance, JsonWriter& json);
// Nothing when there are none.
void WriteOpinions(const std::vector<Opinion>& opinions, JsonWriter& json);

// "LIST/REFERENCE" as a field; nothing when there is none.
void WriteOverruled(const std::optional<Overruled>& overruled,
                    JsonWriter& json);

// The fields of a policy, into the object that is open.
void WritePolicy(const ListPolicy& policy, JsonWriter& json);
// One known-good file of a list, as an object.
void WriteKnownGoodFile(const KnownGoodFile& file, JsonWriter& json);
void WriteTransform(const Transform& transform, JsonWriter& json);
// Nothing when there is none.
void WriteSecondOpinion(const std::optional<SecondOpinion>& opinion,
                        JsonWriter& json);

// An entry as people and scripts name it: its serial in decimal. A string,
// because JSON's numbers lose bits in some readers.
std::string EntryName(EntryId id);

}  // namespace kenal::exchange

#endif  // KENAL_SRC_EXCHANGE_FIELDS_H_
