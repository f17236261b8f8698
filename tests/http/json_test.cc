#include "src/http/json.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <random>

#include "kenal/v1/catalogue_service.pb.h"
#include "kenal/v1/match_service.pb.h"

namespace kenal::http {
namespace {

namespace pb = google::protobuf;
using pb::util::MessageDifferencer;
using ::testing::HasSubstr;
using ::testing::Not;

using Random = std::mt19937_64;

std::string RandomText(Random& random, bool is_bytes) {
  std::string text;
  for (size_t i = random() % 40; i > 0; --i) {
    text += static_cast<char>(is_bytes ? random() : 1 + random() % 126);
  }
  return text;
}

void Fill(Random& random, pb::Message& message, int depth);

void FillField(Random& random, pb::Message& message,
               const pb::FieldDescriptor& field, int depth) {
  const pb::Reflection& reflection = *message.GetReflection();
  using Field = pb::FieldDescriptor;
  const bool repeated = field.is_repeated();
  const auto put = [&](auto set, auto add, auto value) {
    if (repeated) {
      (reflection.*add)(&message, &field, value);
    } else {
      (reflection.*set)(&message, &field, value);
    }
  };
  switch (field.cpp_type()) {
    case Field::CPPTYPE_INT32:
      put(&pb::Reflection::SetInt32, &pb::Reflection::AddInt32,
          static_cast<int32_t>(random()));
      break;
    case Field::CPPTYPE_UINT32:
      put(&pb::Reflection::SetUInt32, &pb::Reflection::AddUInt32,
          static_cast<uint32_t>(random()));
      break;
    case Field::CPPTYPE_UINT64:
      put(&pb::Reflection::SetUInt64, &pb::Reflection::AddUInt64,
          static_cast<uint64_t>(random()));
      break;
    case Field::CPPTYPE_BOOL:
      put(&pb::Reflection::SetBool, &pb::Reflection::AddBool,
          random() % 2 == 0);
      break;
    case Field::CPPTYPE_ENUM: {
      const auto count =
          static_cast<uint64_t>(field.enum_type()->value_count());
      put(&pb::Reflection::SetEnum, &pb::Reflection::AddEnum,
          field.enum_type()->value(static_cast<int>(random() % count)));
      break;
    }
    case Field::CPPTYPE_STRING: {
      const std::string text =
          RandomText(random, field.type() == Field::TYPE_BYTES);
      if (repeated) {
        reflection.AddString(&message, &field, text);
      } else {
        reflection.SetString(&message, &field, text);
      }
      break;
    }
    case Field::CPPTYPE_MESSAGE: {
      pb::Message* const child =
          repeated ? reflection.AddMessage(&message, &field)
                   : reflection.MutableMessage(&message, &field);
      if (child->GetTypeName() == "google.protobuf.Timestamp") {
        const pb::Descriptor& type = *child->GetDescriptor();
        child->GetReflection()->SetInt64(
            child, type.FindFieldByNumber(1),
            static_cast<int64_t>(random() % 4'000'000'000));
        child->GetReflection()->SetInt32(
            child, type.FindFieldByNumber(2),
            static_cast<int32_t>(random() % 1000) * 1'000'000);
      } else {
        Fill(random, *child, depth + 1);
      }
      break;
    }
    default:
      FAIL() << "no such field in the contract";
  }
}

void Fill(Random& random, pb::Message& message, int depth) {
  const pb::Descriptor& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const pb::FieldDescriptor& field = *type.field(i);
    if (depth > 6 || random() % 2 == 0) continue;
    const size_t times = field.is_repeated() ? random() % 4 : 1;
    for (size_t k = 0; k < times; ++k) FillField(random, message, field, depth);
  }
}

std::vector<std::unique_ptr<pb::Message>> AllMessages() {
  std::vector<std::unique_ptr<pb::Message>> all;
  for (const pb::FileDescriptor* file :
       {v1::MatchRequest::descriptor()->file(),
        v1::GetStatsRequest::descriptor()->file()}) {
    for (int i = 0; i < file->message_type_count(); ++i) {
      all.emplace_back(pb::MessageFactory::generated_factory()
                           ->GetPrototype(file->message_type(i))
                           ->New());
    }
  }
  return all;
}

// protobuf's own JSON is the oracle, both ways.
TEST(HttpJson, SaysAndReadsWhatProtobufsOwnJsonDoes) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  for (int round = 0; round < 60; ++round) {
    for (const auto& message : AllMessages()) {
      Fill(random, *message, 0);
      const std::unique_ptr<pb::Message> theirs(message->New());
      const std::string ours = WriteJson(*message);
      ASSERT_TRUE(pb::util::JsonStringToMessage(ours, theirs.get()).ok())
          << ours;
      ASSERT_TRUE(MessageDifferencer::Equals(*message, *theirs)) << ours;

      for (const bool by_name : {false, true}) {
        std::string text;
        pb::util::JsonPrintOptions how;
        how.preserve_proto_field_names = by_name;
        how.add_whitespace = by_name;
        how.always_print_enums_as_ints = by_name;
        ASSERT_TRUE(pb::util::MessageToJsonString(*message, &text, how).ok());
        const std::unique_ptr<pb::Message> read(message->New());
        const Status status = ReadJson(text, *read);
        ASSERT_TRUE(status.ok()) << status << text;
        ASSERT_TRUE(MessageDifferencer::Equals(*message, *read)) << text;
      }
    }
  }
}

TEST(HttpJson, LeavesOutWhatIsWithheldAndShowsEverythingElse) {
  v1::Match match;
  EXPECT_THAT(WriteJson(match), Not(HasSubstr("distance_bits")));
  EXPECT_THAT(WriteJson(match), HasSubstr(R"("shadow":false)"));
  EXPECT_THAT(WriteJson(match), HasSubstr(R"("flags":[])"));
  match.set_distance_bits(0);
  EXPECT_THAT(WriteJson(match), HasSubstr(R"("distance_bits":0)"));
}

struct Bad {
  const char* text;
  const char* says;
};

class RefusedJson : public ::testing::TestWithParam<Bad> {};

TEST_P(RefusedJson, IsNamedWithoutRepeatingIt) {
  v1::MatchRequest request;
  const Status status = ReadJson(GetParam().text, request);
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().says));
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("5ec7e7")));
}

INSTANTIATE_TEST_SUITE_P(
    Texts, RefusedJson,
    ::testing::Values(
        Bad{R"({"limit":3,"limit":4})", "limit: is there twice"},
        Bad{R"({"requestId":"a","request_id":"b"})", "is there twice"},
        Bad{R"({"content":{"picture":"AAAA","signals":{}}})", "excludes"},
        Bad{R"({"limit":3} x)", "no JSON"}, Bad{R"({"limit":3}{})", "no JSON"},
        Bad{R"({'limit':3})", "no JSON"}, Bad{R"({limit:3})", "no JSON"},
        Bad{R"({"limit":3,})", "no JSON"}, Bad{"null", "null"},
        Bad{"[]", "array"}, Bad{"3", "no object"}, Bad{"\"5ec7e7\"", "object"},
        Bad{R"({"limit":NaN})", "no JSON"},
        Bad{R"({"limit":1.5})", "limit: is not"},
        Bad{R"({"limit":99999999999})", "32 bits"},
        Bad{R"({"limit":-2147483649})", "32 bits"},
        Bad{R"({"limit":"5ec7e7"})", "32 bits"},
        Bad{R"({"limit":[3]})", "array where one"},
        Bad{R"({"effort":"EFFORT_5ec7e7"})", "EFFORT_FAST"},
        Bad{R"({"effort":9})", "EFFORT_FAST"},
        Bad{R"({"5ec7e7":1})", "known are: content, limit"},
        Bad{R"({"content":{"picture":"5ec7e7!"}})", "content.picture"},
        Bad{R"({"content":{"signals":{"md5":"5ec7e7*"}}})", "base64"},
        Bad{R"({"content":{"signals":{"pdq":{}}}})", "belongs in an array"},
        Bad{R"({"content":{"signals":{"pdq":[null]}}})", "null"},
        Bad{R"({"content":{"signals":{"pdq":[[]]}}})", "array where one"},
        Bad{R"({"content":"5ec7e7"})", "object belongs"},
        Bad{R"({"request_id":{}})", "object where"},
        Bad{R"({"second_opinion":"true"})", "true or false"},
        Bad{"{\"region\":\"\xff\"}", "no JSON"},
        Bad{"\xef\xbb\xbf{\"limit\":3}", "no JSON"},
        Bad{R"(/**/{"limit":3})", "no JSON"}));

TEST(HttpJson, TakesHashesInHexAndInBase64Alike) {
  for (const auto& [field, size] :
       {std::pair{"md5", 16}, {"sha1", 20}, {"sha256", 32}}) {
    const std::string bytes(static_cast<size_t>(size), '\x5a');
    std::string hex;
    for (int i = 0; i < size; ++i) hex += i % 2 == 0 ? "5a" : "5A";
    const std::string before =
        std::string(R"({"content":{"signals":{")") + field + R"(":")";
    for (const std::string& text : {hex, Base64(bytes)}) {
      v1::MatchRequest request;
      ASSERT_TRUE(ReadJson(before + text + "\"}}}", request).ok());
      const v1::SignalSet& signals = request.content().signals();
      EXPECT_EQ(signals.md5() + signals.sha1() + signals.sha256(), bytes);
    }
  }
  v1::MatchRequest request;
  ASSERT_TRUE(
      ReadJson(R"({"content":{"picture":")" + std::string(64, 'a') + "\"}}",
               request)
          .ok());
  EXPECT_EQ(request.content().picture().size(), 48) << "pictures are base64";
}

TEST(HttpJson, BoundsHowMuchOneTextHolds) {
  std::string text = R"({"contents":[{})";
  for (size_t i = 0; i < kJsonMessagesMax; ++i) text += ",{}";
  v1::BatchMatchRequest request;
  EXPECT_THAT(std::string(ReadJson(text + "]}", request).message()),
              HasSubstr("more values"));
  text = R"({"references":[""])";
  text.pop_back();
  for (size_t i = 0; i < kJsonValuesMax; ++i) text += R"(,"")";
  v1::SetEntryStateRequest state;
  EXPECT_THAT(std::string(ReadJson(text + "]}", state).message()),
              HasSubstr("more values"));
  for (const char* open : {"[", "{\"content\":"}) {
    std::string deep;
    for (int i = 0; i < 1'000'000; ++i) deep += open;
    v1::MatchRequest match;
    EXPECT_FALSE(ReadJson(deep, match).ok());
  }
}

TEST(HttpJson, SurvivesTextsWithRandomBytesChanged) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  for (int round = 0; round < 20'000; ++round) {
    std::string text =
        R"({"content":{"signals":{"md5":"AAAA","pdq":[{"view":"VIEW_STORED",)"
        R"("hash":"qg==","quality":50,"region":{"x":1}}]}},"limit":3,)"
        R"("request_id":"a\u00e9\n","second_opinion":true})";
    for (size_t i = 1 + random() % 4; i > 0; --i) {
      text[random() % text.size()] = random() % 3 == 0
                                         ? static_cast<char>(random())
                                         : "{}[]\",:0\\"[random() % 9];
    }
    v1::MatchRequest request;
    if (ReadJson(text, request).ok()) {
      v1::MatchRequest again;
      ASSERT_TRUE(ReadJson(WriteJson(request), again).ok()) << text;
      ASSERT_TRUE(MessageDifferencer::Equals(request, again)) << text;
    }
  }
}

}  // namespace
}  // namespace kenal::http
