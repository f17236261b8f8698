#include "src/exchange/hash_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "src/exchange/query_line.h"
#include "tests/exchange/samples.h"

namespace kenal::exchange {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string ErrorOf(std::string_view json) {
  const auto line = ParseHashLine(json);
  EXPECT_EQ(line.status().code(), StatusCode::kInvalidArgument) << json;
  return std::string(line.status().message());
}

TEST(HashLine, ReadsBackEverySignalSetItWrites) {
  std::mt19937_64 random(21);
  for (int i = 0; i < 3'000; ++i) {
    const HashLine line = RandomHashLine(random);
    const std::string json = WriteHashLine(line, true);
    ASSERT_EQ(json.find('\n'), std::string::npos);
    const auto back = ParseHashLine(json);
    ASSERT_TRUE(back.ok()) << back.status() << json;
    ASSERT_EQ(*back, line) << json;
    ASSERT_EQ(WriteHashLine(*back, true), json);
  }
}

TEST(HashLine, LeavesOutTheVariantsThatWereNotAskedFor) {
  std::mt19937_64 random(22);
  HashLine line;
  line.signals.pdq.push_back(RandomPdqView(random, View::kStored));
  line.signals.pdq.push_back(RandomPdqView(random, View::kUpright));
  const auto back = ParseHashLine(WriteHashLine(line, false));
  ASSERT_TRUE(back.ok()) << back.status();
  for (PdqView& view : line.signals.pdq) view.dihedral.reset();
  EXPECT_EQ(*back, line);
}

TEST(HashLine, UsesTheDocumentedNames) {
  HashLine line{.path = "kite.jpg"};
  line.signals.picture = PictureInfo{"jpeg", 640, 480, false};
  line.signals.pdq.push_back({.quality = 100});
  line.signals.md5.emplace();
  EXPECT_EQ(WriteHashLine(line, true),
            R"({"path":"kite.jpg","width":640,"height":480,"format":"jpeg",)"
            R"("damaged":false,"signals":{"pdq":{"hex":")" +
                std::string(64, '0') +
                R"(","quality":100,"profile":"native"},"md5":")" +
                std::string(32, '0') + R"("}})");
}

TEST(HashLine, NamesEachViewAndWhatIsKnownOfIt) {
  HashLine line{.path = "kite.jpg"};
  PdqView trimmed{.view = View::kTrimmed, .profile = PdqProfile::kReduced};
  trimmed.template_like = true;
  trimmed.marr.emplace();
  trimmed.region = Region{.x = 1, .y = 2, .width = 3, .height = 4};
  line.signals.pdq = {{.template_like = false},
                      trimmed,
                      {.view = View::kAspect16x9, .quality = 7}};
  const std::string pdq = R"("hex":")" + std::string(64, '0') + '"';
  EXPECT_EQ(WriteHashLine(line, true),
            R"({"path":"kite.jpg","signals":{"pdq":{)" + pdq +
                R"(,"profile":"native","template_like":false,)"
                R"("views":{"trimmed":{)" +
                pdq + R"(,"profile":"reduced","template_like":true,"marr":")" +
                std::string(144, '0') +
                R"(","region":{"x":1,"y":2,"width":3,"height":4}},"16:9":{)" +
                pdq + R"(,"quality":7,"profile":"native"}}}}})");
}

// Views may come in any order and are read in theirs.
TEST(HashLine, ReadsViewsInAnyOrder) {
  const std::string pdq = R"({"hex":")" + std::string(64, '0') + R"("})";
  const auto line = ParseHashLine(R"({"signals":{"pdq":{"views":{"1:1":)" +
                                  pdq + R"(,"frame-2":)" + pdq + "}}}}");
  ASSERT_TRUE(line.ok()) << line.status();
  ASSERT_EQ(line->signals.pdq.size(), 2U);
  EXPECT_EQ(line->signals.pdq[0].view, View::kFrame2);
  EXPECT_EQ(line->signals.pdq[1].view, View::kAspect1x1);
}

TEST(HashLine, CarriesAFailureWithTheDigestsThatThereAre) {
  HashLine line{.path = "notes.txt"};
  line.signals.sha1.emplace();
  line.signals.pdq_failure = {"not_a_picture", "notes.txt: is no picture"};
  const std::string json = WriteHashLine(line, true);
  EXPECT_THAT(json, HasSubstr(R"("error":"notes.txt: is no picture",)"
                              R"("error_code":"not_a_picture")"));
  EXPECT_EQ(*ParseHashLine(json), line);
}

TEST(HashLine, KeepsFileNamesThatAreNotUtf8) {
  HashLine line{.path = "caf\xE9.jpg"};
  line.signals.md5.emplace();
  const std::string json = WriteHashLine(line, false);
  EXPECT_THAT(json, HasSubstr("\"path\":\"caf\xEF\xBF\xBD.jpg\""));
  EXPECT_THAT(json, HasSubstr("\"path_base64\":\"Y2Fm6S5qcGc=\""));
  EXPECT_EQ(ParseHashLine(json)->path, line.path);
}

TEST(HashLine, DoesNotRepeatAnErrorThatMayHoldAHash) {
  const auto message = [](const std::string& text) {
    return ParseHashLine(R"({"error":")" + text + "\"}")
        ->signals.pdq_failure->message;
  };
  const std::string short_of_one(31, 'a');
  EXPECT_EQ(message("no " + short_of_one), "no " + short_of_one);
  EXPECT_EQ(message(short_of_one + "-" + short_of_one),
            short_of_one + "-" + short_of_one);
  for (const std::string& hash : {std::string(32, 'a'), std::string(64, 'A'),
                                  "x" + std::string(40, '7') + "x"}) {
    EXPECT_THAT(message("no " + hash + ".jpg"), HasSubstr("not repeated"));
    EXPECT_THAT(message("no " + hash), Not(HasSubstr(hash.substr(1, 8))));
  }
}

void ExpectRefusal(const std::string& json, const char* part) {
  const std::string error = ErrorOf(json);
  EXPECT_THAT(error, HasSubstr(part)) << json;
  EXPECT_THAT(error, Not(HasSubstr("aaaaaaaa"))) << json;
  EXPECT_THAT(error, Not(HasSubstr("bbbbbbbb"))) << json;
}

// Each names the field and none repeats a value.
TEST(HashLine, RefusesWhatCouldHideACheck) {
  const std::string hex(64, 'a');
  const std::string pdq = R"({"signals":{"pdq":{"hex":")" + hex + '"';
  const std::string md5 = R"("md5":")" + std::string(32, 'b') + '"';
  const std::pair<std::string, const char*> cases[] = {
      {"{}", "neither signals nor an error"},
      {"[]", "line is not an object"},
      {R"({"signals":{}})", "neither signals nor an error"},
      {R"({"signal":{}})", "line.signal is not known"},
      {R"({"signals":[]})", "signals is not an object"},
      {R"({"signals":{"photodna":"00"}})", "signals.photodna is not known"},
      {R"({"signals":{")" + hex + R"(":1}})", "signals.? is not known"},
      {R"({"signals":{"md5":7}})", "signals.md5 is not a string"},
      {R"({"signals":{"md5":"bbb"}})", "signals.md5 is wrong"},
      {"{\"signals\":{" + md5 + "," + md5 + "}}", "signals.md5 is there twice"},
      {pdq + R"(,"quality":101}}})", "signals.pdq.quality is not a whole"},
      {pdq + R"(,"quality":-1}}})", "signals.pdq.quality is not a whole"},
      {pdq + R"(,"quality":"5"}}})", "signals.pdq.quality is not a whole"},
      {pdq + R"(,"dihedral":{"orig":")" + hex + R"("}}}})", "lacks rot90"},
      {pdq + R"(,"dihedral":{"rot45":1}}}})", "dihedral.? is not known"},
      {R"({"signals":{"pdq":{}}})", "signals.pdq lacks hex"},
      {R"({"error":3})", "error is not a string"},
      {R"({"error_code":"x"})", "error is missing"},
      {R"({"error":"e","error_code":"Not A Word"})",
       "error_code is not a word"},
      {R"({"error":"e","error_code":")" + std::string(25, 'a') + "\"}",
       "error_code is not a word"},
      {R"({"error":"e","width":-1})", "width is not a whole number"},
      {R"({"error":"e","width":3000000000})", "width is not a whole number"},
      {R"({"error":"e","damaged":1})", "damaged is not true or false"},
      {R"({"error":"e","path":1})", "path is not a string"},
      {R"({"error":"e","path":"a","path_base64":"Yg=="})", "the same as path"},
      {R"({"error":"e","path_base64":"!"})", "path_base64 is not base64"},
      {R"({"error":"e"} {"error":"e"})", "is not JSON at byte"},
      {"{\"error\":\"\xFF\"}", "is not JSON at byte"},
      {R"({"error":"\ud800"})", "is not JSON at byte"},
      {R"({"error":"e")", "is not JSON at byte"},
  };
  for (const auto& [json, part] : cases) ExpectRefusal(json, part);
}

// The same for what is in a view.
TEST(HashLine, RefusesViewsItCannotRead) {
  const std::string hex(64, 'a');
  const std::string pdq = R"({"signals":{"pdq":{"hex":")" + hex + '"';
  const std::pair<std::string, const char*> cases[] = {
      {pdq + R"(,"profile":"cpp512"}}})",
       "signals.pdq.profile is not native or reduced"},
      {pdq + R"(,"views":{"stored":{}}}}})",
       "views.stored is not known here; use one of: upright, trimmed, frame, "
       "frame-2, frame-3, frame-4, straightened, central-95, central-90, "
       "central-80, 1:1, 4:5, 9:16, 16:9"},
      {pdq + R"(,"views":{"frame-9":{}}}}})", "views.? is not known here; use"},
      {pdq + R"(,"views":{"frame-2":{},"frame-2":{}}}}})", "is there twice"},
      {pdq + R"(,"views":{"trimmed":{"hex":")" + hex +
           R"(","region":{"x":0}}}}}})",
       "views.trimmed.region lacks y"},
      {pdq + R"(,"profile":7}}})", "signals.pdq.profile is not a string"},
      {pdq + R"(,"template_like":1}}})",
       "signals.pdq.template_like is not true or false"},
      {pdq + R"(,"marr":")" + hex + R"("}}})",
       "signals.pdq.marr is wrong: marr-hildreth takes exactly 144 hex digits"},
      {pdq + R"(,"marr":true}}})", "signals.pdq.marr is not a string"},
      {pdq + R"(,"region":[]}}})", "signals.pdq.region is not an object"},
      {pdq + R"(,"region":{"x":-1,"y":0,"width":1,"height":1}}}})",
       "region.x is not a whole number from 0 to 2147483646"},
      {pdq + R"(,"region":{"x":7,"y":0,"width":2147483647,"height":1}}}})",
       "region.width is not a whole number from 1 to 2147483640"},
      {pdq + R"(,"region":{"x":0,"y":0,"width":1,"height":0}}}})",
       "region.height is not a whole number from 1 to 2147483647"},
      {pdq + R"(,"region":{"x":0,"y":0,"width":1,"height":1,"z":0}}}})",
       "region.z is not known here"},
      {pdq + R"(,"views":{}}}})", "signals.pdq.views is empty"},
      {pdq + R"(,"views":{"upright":{"quality":3}}}}})", "lacks hex"},
      {pdq + R"(,"views":{"upright":{"views":{}}}}}})", "views is not known"},
  };
  for (const auto& [json, part] : cases) ExpectRefusal(json, part);
}

TEST(HashLine, SurvivesDeepNesting) {
  const std::string deep = R"({"signals":)" + std::string(100'000, '[');
  EXPECT_THAT(ErrorOf(deep), HasSubstr("is not JSON"));
  const std::string closed = R"({"signals":)" + std::string(50'000, '[') +
                             std::string(50'000, ']') + '}';
  EXPECT_THAT(ErrorOf(closed), HasSubstr("signals is not an object"));
}

// Bytes that were a good line once: either refused or read as something that
// writes and reads back alike. Nothing else may happen.
TEST(HashLine, RefusesOrUnderstandsDamagedLines) {
  std::mt19937_64 random(23);
  int understood = 0;
  for (int i = 0; i < 5'000; ++i) {
    std::string json = WriteHashLine(RandomHashLine(random), true);
    for (size_t flips = 1 + random() % 3; flips > 0; --flips) {
      json[random() % json.size()] = static_cast<char>(random());
    }
    const auto line = ParseHashLine(json);
    if (!line.ok()) continue;
    ++understood;
    ASSERT_EQ(*ParseHashLine(WriteHashLine(*line, true)), *line) << json;
  }
  EXPECT_GT(understood, 0);
}

TEST(QueryLine, HoldsAllViewsOfALongPath) {
  std::mt19937_64 random(24);
  HashLine line{.path = std::string(4096, '\xFF')};
  for (int i = 0; i < kViewCount; ++i) {
    PdqView& view = line.signals.pdq.emplace_back(
        RandomPdqView(random, View{static_cast<uint8_t>(i)}));
    view.dihedral.emplace();
    view.marr.emplace();
  }
  const std::string json = WriteHashLine(line, true);
  EXPECT_LT(json.size(), kQueryLineBytesMax / 2);
  EXPECT_EQ(**ParseQueryLine(json), line);
}

TEST(QueryLine, IsTextOrJsonOrNothing) {
  EXPECT_FALSE(ParseQueryLine("")->has_value());
  EXPECT_FALSE(ParseQueryLine("  # md5 comment")->has_value());
  const auto text = ParseQueryLine("md5 " + std::string(32, '1'));
  ASSERT_TRUE(text.ok());
  const auto json = ParseQueryLine(" {\"signals\":{\"md5\":\"" +
                                   std::string(32, '1') + "\"}}");
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_EQ(**text, **json);
  EXPECT_FALSE(ParseQueryLine("{").ok());
}

}  // namespace
}  // namespace kenal::exchange
