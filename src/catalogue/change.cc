#include "src/catalogue/change.h"

#include <utility>

#include "src/catalogue/codec.h"
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
};

void EncodeBody(const CreateList& op, Encoder& out) {
  out.Number(op.number.value);
  out.Bytes(op.name);
  out.Byte(static_cast<uint8_t>(op.purpose));
  EncodePolicy(op.policy, out);
}

void EncodeBody(const SetPolicy& op, Encoder& out) {
  out.Number(op.number.value);
  EncodePolicy(op.policy, out);
}

void EncodeBody(const PutEntry& op, Encoder& out) {
  out.Fixed64(op.id.value);
  out.Bytes(op.record);
}

void EncodeBody(const SetState& op, Encoder& out) {
  out.Fixed64(op.id.value);
  out.Byte(static_cast<uint8_t>(op.state));
}

void EncodeBody(const IngestSegment& op, Encoder& out) {
  out.Number(op.list.value);
  out.Bytes(op.import_id);
  out.Raw(op.digest);
  out.Number(op.added);
  out.Number(op.replaced);
  out.Number(op.first_serial);
  out.Number(op.read);
}

ListNumber DecodeList(Decoder& in) {
  return ListNumber{static_cast<uint16_t>(in.Number(UINT16_MAX))};
}

CreateList DecodeCreateList(uint8_t version, Decoder& in) {
  CreateList op;
  op.number = DecodeList(in);
  op.name = in.Bytes(kNameSizeMax);
  op.purpose = DecodePurpose(in);
  op.policy = DecodePolicy(version, in);
  return op;
}

SetPolicy DecodeSetPolicy(uint8_t version, Decoder& in) {
  SetPolicy op;
  op.number = DecodeList(in);
  op.policy = DecodePolicy(version, in);
  return op;
}

PutEntry DecodePutEntry(Decoder& in) {
  PutEntry op;
  op.id.value = in.Fixed64();
  op.record = in.Bytes(kEntrySizeMax);
  return op;
}

SetState DecodeSetState(Decoder& in) {
  SetState op;
  op.id.value = in.Fixed64();
  op.state = DecodeState(in);
  return op;
}

IngestSegment DecodeIngestSegment(Decoder& in) {
  IngestSegment op;
  op.list = DecodeList(in);
  op.import_id = in.Bytes(kImportIdSizeMax);
  in.Raw(op.digest);
  op.added = in.Number(EntryId::kSerialMax);
  op.replaced = in.Number(EntryId::kSerialMax);
  op.first_serial = in.Number(EntryId::kSerialMax);
  op.read = in.Number();
  return op;
}

Operation DecodeOperation(uint8_t version, Decoder& in) {
  switch (Kind{in.Byte()}) {
    case Kind::kCreateList:
      return DecodeCreateList(version, in);
    case Kind::kSetPolicy:
      return DecodeSetPolicy(version, in);
    case Kind::kPutEntry:
      return DecodePutEntry(in);
    case Kind::kSetState:
      return DecodeSetState(in);
    case Kind::kIngestSegment:
      return DecodeIngestSegment(in);
  }
  in.Fail();
  return {};
}

}  // namespace

std::string EncodePayload(const Change& change) {
  std::string bytes;
  Encoder out(bytes);
  out.Byte(kPolicyVersion);
  out.Bytes(change.by.actor);
  out.Bytes(change.by.reason);
  out.Number(change.operations.size());
  for (const Operation& operation : change.operations) {
    out.Byte(static_cast<uint8_t>(operation.index() + 1));
    std::visit([&](const auto& op) { EncodeBody(op, out); }, operation);
  }
  return bytes;
}

StatusOr<Change> DecodePayload(std::string_view payload) {
  Decoder in(payload);
  Change change;
  const uint8_t version = DecodePolicyVersion(in);
  change.by.actor = in.Bytes(kActorSizeMax);
  change.by.reason = in.Bytes(kReasonSizeMax);
  const uint64_t count = in.Number(kOperationsMax);
  for (uint64_t i = 0; i < count && !in.failed(); ++i) {
    change.operations.push_back(DecodeOperation(version, in));
  }
  KENAL_TRY(in.Finish("the payload of a log record"));
  return change;
}

}  // namespace kenal::catalogue
