#include "src/catalogue/change.h"

#include <utility>

#include "src/base/check.h"
#include "src/base/codec.h"
#include "src/catalogue/known_files.h"
#include "src/catalogue/limits.h"
#include "src/catalogue/records.h"

namespace kenal::catalogue {
namespace {

// The stored numbers of the operations.
enum class Kind : uint8_t {
  kCreateList = 1,
  kSetPolicy = 2,
  kPutEntry = 3,
  kSetState = 4,
  kIngestSegment = 5,
  kSetNearLabel = 6,
  kSetKnownGood = 7,
  kRemoveKnownGood = 8,
};

void EncodeBody(const CreateList& op, base::Encoder& out) {
  out.Number(op.number.value);
  out.Bytes(op.name);
  out.Byte(static_cast<uint8_t>(op.purpose));
  EncodePolicy(op.policy, out);
}

void EncodeBody(const SetPolicy& op, base::Encoder& out) {
  out.Number(op.number.value);
  EncodePolicy(op.policy, out);
}

void EncodeBody(const PutEntry& op, base::Encoder& out) {
  out.Fixed64(op.id.value);
  out.Bytes(op.record);
}

void EncodeBody(const SetState& op, base::Encoder& out) {
  out.Fixed64(op.id.value);
  out.Byte(static_cast<uint8_t>(op.state));
}

void EncodeBody(const IngestSegment& op, base::Encoder& out) {
  out.Number(op.list.value);
  out.Bytes(op.import_id);
  out.Raw(op.digest);
  out.Number(op.added);
  out.Number(op.replaced);
  out.Number(op.first_serial);
  out.Number(op.read);
  KENAL_CHECK(op.replaced == op.replaced_serials.size());
  uint64_t before = 0;
  for (const uint64_t serial : op.replaced_serials) {
    out.Number(serial - before);
    before = serial;
  }
}

void EncodeBody(const SetNearLabel& op, base::Encoder& out) {
  out.Fixed64(op.id.value);
  out.Bytes(op.label);
}

void EncodeBody(const SetKnownGood& op, base::Encoder& out) {
  out.Number(op.list.value);
  out.Byte(static_cast<uint8_t>(op.file.signal));
  EncodeKnownFacts(op.file, out);
}

void EncodeBody(const RemoveKnownGood& op, base::Encoder& out) {
  out.Number(op.list.value);
  out.Byte(static_cast<uint8_t>(op.signal));
}

ListNumber DecodeList(base::Decoder& in) {
  return ListNumber{static_cast<uint16_t>(in.Number(UINT16_MAX))};
}

CreateList DecodeCreateList(uint8_t version, base::Decoder& in) {
  CreateList op;
  op.number = DecodeList(in);
  op.name = in.Bytes(kNameSizeMax);
  op.purpose = DecodePurpose(in);
  op.policy = DecodePolicy(version, in);
  return op;
}

SetPolicy DecodeSetPolicy(uint8_t version, base::Decoder& in) {
  SetPolicy op;
  op.number = DecodeList(in);
  op.policy = DecodePolicy(version, in);
  return op;
}

PutEntry DecodePutEntry(Records records, base::Decoder& in) {
  PutEntry op;
  op.id.value = in.Fixed64();
  const std::string_view record = in.Bytes(kEntrySizeMax);
  if (records == Records::kKeep) op.record = record;
  return op;
}

SetState DecodeSetState(base::Decoder& in) {
  SetState op;
  op.id.value = in.Fixed64();
  op.state = DecodeState(in);
  return op;
}

// Each takes a byte or more, so what is left bounds how many there can be.
std::vector<uint64_t> DecodeSerials(uint64_t count, uint64_t end,
                                    base::Decoder& in) {
  std::vector<uint64_t> serials;
  if (count > in.left()) in.Fail();
  uint64_t serial = 0;
  for (uint64_t i = 0; i < count && !in.failed(); ++i) {
    const uint64_t step = in.Number(EntryId::kSerialMax);
    serial += step;
    if (step == 0 || serial >= end) in.Fail();
    serials.push_back(serial);
  }
  return serials;
}

SetNearLabel DecodeSetNearLabel(base::Decoder& in) {
  SetNearLabel op;
  op.id.value = in.Fixed64();
  op.label = DecodeLabel(in);
  return op;
}

SetKnownGood DecodeSetKnownGood(base::Decoder& in) {
  SetKnownGood op;
  op.list = DecodeList(in);
  op.file.signal = DecodeDigestType(in);
  DecodeKnownFacts(in, op.file);
  return op;
}

RemoveKnownGood DecodeRemoveKnownGood(base::Decoder& in) {
  RemoveKnownGood op;
  op.list = DecodeList(in);
  op.signal = DecodeDigestType(in);
  return op;
}

IngestSegment DecodeIngestSegment(uint8_t version, base::Decoder& in) {
  IngestSegment op;
  op.list = DecodeList(in);
  op.import_id = in.Bytes(kImportIdSizeMax);
  in.Raw(op.digest);
  op.added = in.Number(EntryId::kSerialMax);
  op.replaced = in.Number(EntryId::kSerialMax);
  op.first_serial = in.Number(EntryId::kSerialMax);
  op.read = in.Number();
  if (version > 2) {
    op.replaced_serials = DecodeSerials(op.replaced, op.first_serial, in);
  }
  return op;
}

Operation DecodeOperation(uint8_t version, Records records, base::Decoder& in) {
  const Kind kind{in.Byte()};
  if (kind == Kind::kSetNearLabel && version < 3) in.Fail();
  if (kind > Kind::kSetNearLabel && version < 4) in.Fail();
  switch (kind) {
    case Kind::kCreateList:
      return DecodeCreateList(version, in);
    case Kind::kSetPolicy:
      return DecodeSetPolicy(version, in);
    case Kind::kPutEntry:
      return DecodePutEntry(records, in);
    case Kind::kSetState:
      return DecodeSetState(in);
    case Kind::kIngestSegment:
      return DecodeIngestSegment(version, in);
    case Kind::kSetNearLabel:
      return DecodeSetNearLabel(in);
    case Kind::kSetKnownGood:
      return DecodeSetKnownGood(in);
    case Kind::kRemoveKnownGood:
      return DecodeRemoveKnownGood(in);
  }
  in.Fail();
  return {};
}

ListNumber ListIn(const CreateList& op) { return op.number; }
ListNumber ListIn(const SetPolicy& op) { return op.number; }
ListNumber ListIn(const IngestSegment& op) { return op.list; }
ListNumber ListIn(const SetKnownGood& op) { return op.list; }
ListNumber ListIn(const RemoveKnownGood& op) { return op.list; }
template <typename OnEntry>
ListNumber ListIn(const OnEntry& op) {
  return op.id.list();
}

}  // namespace

ListNumber ListOf(const Operation& operation) {
  return std::visit([](const auto& op) { return ListIn(op); }, operation);
}

std::string EncodePayload(const Change& change) {
  std::string bytes;
  base::Encoder out(bytes);
  out.Byte(kPolicyVersion);
  out.Bytes(change.by.actor);
  out.Bytes(change.by.reason);
  out.Bytes(change.by.reference);
  out.Number(change.operations.size());
  for (const Operation& operation : change.operations) {
    out.Byte(static_cast<uint8_t>(operation.index() + 1));
    std::visit([&](const auto& op) { EncodeBody(op, out); }, operation);
  }
  return bytes;
}

StatusOr<Change> DecodePayload(std::string_view payload, Records records) {
  base::Decoder in(payload);
  Change change;
  const uint8_t version = DecodePolicyVersion(in);
  change.by.actor = in.Bytes(kActorSizeMax);
  change.by.reason = in.Bytes(kReasonSizeMax);
  if (version > 3) change.by.reference = in.Bytes(kReferenceSizeMax);
  const uint64_t count = in.Number(kOperationsMax);
  for (uint64_t i = 0; i < count && !in.failed(); ++i) {
    change.operations.push_back(DecodeOperation(version, records, in));
  }
  KENAL_TRY(in.Finish("the payload of a log record"));
  return change;
}

}  // namespace kenal::catalogue
