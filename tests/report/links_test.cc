#include "src/report/links.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libxml/parser.h>
#include <libxml/tree.h>

#include <set>

#include "tests/report/testing.h"

namespace kenal::report {
namespace {

using nlohmann::json;
using testing::AtDistance;
using testing::TestSeed;

// Exhibits that are linked in each way, by planted contents.
struct Linked {
  explicit Linked(uint64_t seed) : random(seed) {
    for (const char* id : {"A", "B", "C", "D"}) {
      scene.exhibits.push_back({.id = id, .path = id});
    }
    // A and B hold the same file, A twice.
    const auto same = Add(Verdict::kNoKnownMatch);
    scene.AddPlace(0, {"same.jpg"}, same);
    scene.AddPlace(0, {"again.jpg"}, same);
    scene.AddPlace(1, {"other.jpg"}, same);
    // C holds one near to it; D one that is not.
    const auto near = Add(Verdict::kUnavailable);
    scene.contents[near].pdq =
        AtDistance(*scene.contents[same].pdq, 31, random);
    scene.AddPlace(2, {"near.jpg"}, near);
    const auto far = Add(Verdict::kNoKnownMatch);
    scene.contents[far].pdq = AtDistance(*scene.contents[same].pdq, 32, random);
    scene.AddPlace(3, {"far.jpg"}, far);
    // Hits of one series at B and D.
    for (const uint32_t exhibit : {1u, 3u}) {
      const auto hit = Add(Verdict::kExact);
      scene.contents[hit].matches[0].series = "series \"1\" <&>";
      scene.AddPlace(exhibit, {"hit"}, hit);
      scene.AddPlace(exhibit, {"box.zip", "hit"}, hit);
    }
    // The same archive at C and D.
    const auto archive = AddOther();
    for (const uint32_t exhibit : {2u, 3u}) {
      scene.AddPlace(exhibit, {"same.zip"}, archive).reason =
          findings::reason::kArchive;
    }
    // One camera at A and D.
    for (const uint32_t exhibit : {0u, 3u}) {
      const auto shot = Add(Verdict::kNoKnownMatch);
      scene.contents[shot].camera = "serial-7";
      scene.AddPlace(exhibit, {"shot.jpg"}, shot);
    }
    // Harmless and empty files link nobody.
    const auto good = AddOther();
    scene.contents[good].known_good.push_back({.list = "nsrl"});
    const auto empty = AddOther();
    scene.contents[empty].size_bytes = 0;
    for (const uint32_t exhibit : {0u, 1u, 2u, 3u}) {
      scene.AddPlace(exhibit, {"notepad.exe"}, good);
      scene.AddPlace(exhibit, {"empty"}, empty);
    }
  }

  findings::ContentNumber Add(Verdict verdict) {
    scene.AddContent(random, verdict);
    return static_cast<findings::ContentNumber>(scene.contents.size() - 1);
  }
  findings::ContentNumber AddOther() {
    const auto number = Add(Verdict::kNoKnownMatch);
    scene.contents[number].pdq.reset();
    scene.contents[number].quality.reset();
    return number;
  }

  std::mt19937_64 random;
  Scene scene;
};

TEST(Links, AreThoseThatWerePlantedAndNoOthers) {
  const Linked linked(TestSeed());
  const Reported reported(linked.scene, {.kinds = {ReportKind::kCsv}});
  for (const bool link_exif : {false, true}) {
    const ContentPlaces places(reported.findings());
    const auto links = MakeLinks(reported.findings(), places, link_exif);
    ASSERT_TRUE(links.ok());
    EXPECT_FALSE(links->cut_off);
    std::set<std::string> found;
    for (const ExhibitLink& link : links->exhibits) {
      for (size_t i = 0; i < kLinkKinds; ++i) {
        if (link.counts[i] == 0) continue;
        EXPECT_EQ(link.counts[i], 1u);
        found.insert(std::string() + "ABCD"[link.a] + "ABCD"[link.b] + " " +
                     std::string(LinkKindName(LinkKind(i))));
      }
    }
    std::set<std::string> expected = {"AB same_file",   "CD same_file",
                                      "AC near",        "BC near",
                                      "BD same_series", "CD same_archive"};
    if (link_exif) expected.insert("AD same_camera");
    EXPECT_EQ(found, expected);
  }
}

std::string DataOf(xmlNode* node, const std::string& key) {
  for (xmlNode* each = node->children; each; each = each->next) {
    if (each->type != XML_ELEMENT_NODE) continue;
    xmlChar* name = xmlGetProp(each, BAD_CAST "key");
    const bool same = name && key == reinterpret_cast<const char*>(name);
    xmlFree(name);
    if (!same) continue;
    xmlChar* text = xmlNodeGetContent(each);
    const std::string out = reinterpret_cast<const char*>(text);
    xmlFree(text);
    return out;
  }
  return "";
}

std::string Property(xmlNode* node, const char* name) {
  xmlChar* text = xmlGetProp(node, BAD_CAST name);
  const std::string out = text ? reinterpret_cast<const char*>(text) : "";
  xmlFree(text);
  return out;
}

struct Graph {
  std::map<std::string, std::string> kinds;       // of nodes, by id
  std::multimap<std::string, std::string> edges;  // kind, "a b"
};

Graph Parse(const std::string& text) {
  Graph graph;
  xmlDoc* document = xmlReadMemory(text.data(), static_cast<int>(text.size()),
                                   "links.graphml", nullptr, XML_PARSE_NONET);
  EXPECT_NE(document, nullptr);
  if (document == nullptr) return graph;
  xmlNode* root = xmlDocGetRootElement(document);
  for (xmlNode* each = root->children; each; each = each->next) {
    if (std::string(reinterpret_cast<const char*>(each->name)) != "graph") {
      continue;
    }
    for (xmlNode* node = each->children; node; node = node->next) {
      const std::string name = reinterpret_cast<const char*>(node->name);
      if (name == "node") {
        EXPECT_TRUE(
            graph.kinds.emplace(Property(node, "id"), DataOf(node, "kind"))
                .second);
      } else if (name == "edge") {
        graph.edges.emplace(
            DataOf(node, "kind"),
            Property(node, "source") + " " + Property(node, "target"));
      }
    }
  }
  xmlFreeDoc(document);
  return graph;
}

TEST(Links, TheGraphIsXmlWhoseEdgesJoinNodesThatAreThere) {
  const Linked linked(TestSeed());
  const Reported reported(linked.scene, {.kinds = {ReportKind::kGraph}});
  const Graph graph = Parse(reported.text("links.graphml"));
  std::map<std::string, size_t> nodes, edges;
  for (const auto& [id, kind] : graph.kinds) ++nodes[kind];
  for (const auto& [kind, ends] : graph.edges) {
    ++edges[kind];
    const size_t blank = ends.find(' ');
    EXPECT_TRUE(graph.kinds.contains(ends.substr(0, blank))) << ends;
    EXPECT_TRUE(graph.kinds.contains(ends.substr(blank + 1))) << ends;
  }
  EXPECT_EQ(nodes, (std::map<std::string, size_t>{
                       {"exhibit", 4}, {"content", 5}, {"archive", 2}}));
  // Exhibits and contents are linked by near and by series.
  EXPECT_EQ(edges, (std::map<std::string, size_t>{{"same_file", 2},
                                                  {"near", 2 + 1},
                                                  {"same_series", 1 + 1},
                                                  {"same_archive", 1},
                                                  {"at", 7 + 2},
                                                  {"within", 2}}));
}

TEST(Links, TheGraphOfAnythingAtAllIsXml) {
  const Reported reported(RandomScene(TestSeed(), 400),
                          {.kinds = {ReportKind::kGraph}, .link_exif = true});
  const Graph graph = Parse(reported.text("links.graphml"));
  EXPECT_GT(graph.kinds.size(), 10u);
}

TEST(Stacks, HoldUnknownPicturesThatAreAlikeTheLargestFirst) {
  std::mt19937_64 random(TestSeed());
  Scene scene;
  for (const char* id : {"A", "B"}) {
    scene.exhibits.push_back({.id = id, .path = id});
  }
  const auto add = [&](const PdqHash& pdq, int places, Verdict verdict) {
    auto& content = scene.AddContent(random, verdict);
    content.pdq = pdq;
    const auto number = static_cast<uint32_t>(scene.contents.size() - 1);
    for (int i = 0; i < places; ++i) {
      scene.AddPlace(static_cast<uint32_t>(i % 2),
                     {"p" + std::to_string(scene.places.size())}, number);
    }
    return number;
  };
  const PdqHash one = testing::RandomHash<PdqHash>(random);
  const PdqHash two = testing::RandomHash<PdqHash>(random);
  const auto leader = add(one, 3, Verdict::kNoKnownMatch);
  add(AtDistance(one, 31, random), 2, Verdict::kUnavailable);
  add(AtDistance(one, 5, random), 9, Verdict::kNear);  // known: no stack
  add(two, 2, Verdict::kNoKnownMatch);
  add(testing::RandomHash<PdqHash>(random), 1, Verdict::kNoKnownMatch);
  const auto flat = add(AtDistance(two, 3, random), 2, Verdict::kNoKnownMatch);
  scene.contents[flat].quality = kFlatQualityMax;
  const Reported reported(scene, {.kinds = {ReportKind::kStacks}});
  const auto stacks = reported.lines("stacks.jsonl", "stack");
  ASSERT_EQ(stacks.size(), 2u);
  EXPECT_EQ(stacks[0].at("places"), 5);
  EXPECT_EQ(stacks[0].at("contents"), 2);
  EXPECT_EQ(stacks[0].at("exhibits"), (json{"A", "B"}));
  EXPECT_EQ(stacks[0].at("members")[0].at("sha256"),
            scene.contents[leader].sha256.ToHex());
  EXPECT_EQ(stacks[0].at("members")[1].at("distance"), 31);
  EXPECT_EQ(stacks[1].at("places"), 2);
  const json head = reported.lines("stacks.jsonl", "stacks").front();
  EXPECT_EQ(head.at("places"), 7);
}

}  // namespace
}  // namespace kenal::report
