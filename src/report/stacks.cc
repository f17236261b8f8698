#include "src/report/stacks.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "src/exchange/json_writer.h"
#include "src/report/writers.h"

namespace kenal::report {
namespace {

using exchange::JsonWriter;
using findings::ContentFacts;
using findings::Findings;

// More members of one stack are counted and not told.
constexpr size_t kMembersMax = 10'000;

bool IsUnknown(Verdict verdict) {
  return verdict == Verdict::kNoKnownMatch || verdict == Verdict::kUnavailable;
}

Status AppendMember(Findings& findings, const ContentPlaces& places,
                    const NearMember& member, JsonWriter& json) {
  const auto at = places.of(member.number);
  KENAL_TRY_ASSIGN(const findings::Place first, findings.ReadPlace(at[0]));
  json.BeginObject()
      .Field("sha256", findings.contents()[member.number].sha256.ToHex())
      .Field("distance", member.distance)
      .Field("places", at.size())
      .BytesField("exhibit", findings.exhibits()[first.exhibit].id)
      .BytesField("path", PathText(first))
      .EndObject();
  return OkStatus();
}

Status AppendStack(Findings& findings, const ContentPlaces& places,
                   const Stack& stack, std::string& out) {
  JsonWriter json;
  json.BeginObject()
      .Field("type", "stack")
      .Field("stack", stack.id)
      .Field("places", stack.places)
      .Field("contents", stack.members.size())
      .Key("exhibits")
      .BeginArray();
  for (const uint32_t i : stack.exhibits) json.Text(findings.exhibits()[i].id);
  json.EndArray();
  const size_t told = std::min(stack.members.size(), kMembersMax);
  json.Field("members_left_out", stack.members.size() - told)
      .Key("members")
      .BeginArray();
  for (size_t i = 0; i < told; ++i) {
    KENAL_TRY(AppendMember(findings, places, stack.members[i], json));
  }
  json.EndArray().EndObject();
  out += json.Finish() + '\n';
  return OkStatus();
}

}  // namespace

StatusOr<std::vector<Stack>> MakeStacks(const Findings& findings,
                                        const ContentPlaces& places) {
  std::vector<Picture> pictures;
  for (const findings::ContentNumber number : places.numbers()) {
    const ContentFacts& facts = findings.contents()[number];
    if (!facts.pdq || !IsUnknown(facts.verdict)) continue;
    pictures.push_back({.number = number,
                        .sha256 = facts.sha256,
                        .pdq = *facts.pdq,
                        .places = places.of(number).size(),
                        .template_like = facts.template_like});
  }
  KENAL_TRY_ASSIGN(std::vector<NearGroup> groups,
                   GroupPictures(std::move(pictures), kNearRadius));
  std::vector<Stack> stacks;
  for (NearGroup& group : groups) {
    Stack stack;
    std::set<uint32_t> exhibits;
    for (const NearMember& member : group) {
      const auto at = places.of(member.number);
      stack.places += at.size();
      for (const uint32_t i : at) exhibits.insert(findings.exhibit_of(i));
    }
    if (stack.places < 2) continue;
    constexpr size_t kIdDigits = 16;
    stack.id = "stack-" +
               findings.contents()[group.front().number].sha256.ToHex().substr(
                   0, kIdDigits);
    stack.exhibits.assign(exhibits.begin(), exhibits.end());
    stack.members = std::move(group);
    stacks.push_back(std::move(stack));
  }
  std::ranges::sort(stacks, [](const Stack& a, const Stack& b) {
    return std::make_tuple(b.places, b.members.size(), a.id) <
           std::make_tuple(a.places, a.members.size(), b.id);
  });
  return stacks;
}

Status WriteStacks(Job& job, OutputFile output) {
  KENAL_TRY_ASSIGN(const std::vector<Stack>* stacks, job.stacks());
  JsonWriter json;
  uint64_t places = 0;
  for (const Stack& stack : *stacks) places += stack.places;
  json.BeginObject()
      .Field("type", "stacks")
      .Field("note",
             "A suggestion: pictures that no list knows and that are equal or "
             "look alike. A person has to confirm each stack.")
      .Field("radius", kNearRadius.bits)
      .Field("stacks", stacks->size())
      .Field("places", places)
      .EndObject();
  output->text() += json.Finish() + '\n';
  for (const Stack& stack : *stacks) {
    KENAL_TRY(AppendStack(job.findings, job.places(), stack, output->text()));
    KENAL_TRY(output->Flush());
  }
  return output->Finish();
}

}  // namespace kenal::report
