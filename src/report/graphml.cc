#include <string>
#include <unordered_map>

#include "src/report/page_text.h"
#include "src/report/writers.h"

namespace kenal::report {
namespace {

using findings::ContentNumber;

constexpr std::string_view kHead =
    R"(<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="kind" for="all" attr.name="kind" attr.type="string"/>
<key id="label" for="all" attr.name="label" attr.type="string"/>
<key id="hits" for="node" attr.name="hits" attr.type="long"/>
<key id="sha256" for="node" attr.name="sha256" attr.type="string"/>
<key id="verdict" for="node" attr.name="verdict" attr.type="string"/>
<key id="places" for="all" attr.name="places" attr.type="long"/>
<key id="count" for="edge" attr.name="count" attr.type="long"/>
<key id="distance" for="edge" attr.name="distance" attr.type="int"/>
<key id="cut_off" for="graph" attr.name="cut_off" attr.type="boolean"/>
<graph id="links" edgedefault="undirected">
)";

class Graph {
 public:
  Graph(Job& job, const Links& links, OutputFile output)
      : findings_(job.findings),
        places_(job.places()),
        links_(links),
        output_(std::move(output)),
        out_(output_->text()) {}

  Status Write() {
    out_ += kHead;
    Data("cut_off", links_.cut_off ? "true" : "false");
    out_ += '\n';
    for (uint32_t i = 0; i < findings_.exhibits().size(); ++i) {
      AddExhibit(i);
      KENAL_TRY(output_->Flush());
    }
    for (const ExhibitLink& link : links_.exhibits) {
      AddExhibitLink(link);
      KENAL_TRY(output_->Flush());
    }
    for (const ContentNumber number : links_.contents) {
      KENAL_TRY(AddContent(number));
      KENAL_TRY(output_->Flush());
    }
    for (const ContentLink& link : links_.content_links) {
      AddContentLink(link);
      KENAL_TRY(output_->Flush());
    }
    for (size_t i = 0; i < links_.archives.size(); ++i) {
      AddArchive(i);
      KENAL_TRY(output_->Flush());
    }
    out_ += "</graph>\n</graphml>\n";
    return output_->Finish();
  }

 private:
  static std::string ExhibitId(uint32_t i) { return "e" + std::to_string(i); }
  std::string ContentId(ContentNumber number) const {
    return "c-" + findings_.contents()[number].sha256.ToHex();
  }

  void Data(std::string_view key, std::string_view text) {
    out_ += "<data key=\"" + std::string(key) + "\">" + MarkupText(text) +
            "</data>";
  }
  void BeginNode(const std::string& id, std::string_view kind) {
    out_ += "<node id=\"" + id + "\">";
    Data("kind", kind);
  }
  void BeginEdge(const std::string& a, const std::string& b,
                 std::string_view kind) {
    out_ += "<edge source=\"" + a + "\" target=\"" + b + "\">";
    Data("kind", kind);
  }

  void AddExhibit(uint32_t i) {
    BeginNode(ExhibitId(i), "exhibit");
    Data("label", findings_.exhibits()[i].id);
    Data("hits", std::to_string(findings_.totals_of(i).hit_places));
    Data("places", std::to_string(findings_.totals_of(i).all.places));
    out_ += "</node>\n";
  }

  void AddExhibitLink(const ExhibitLink& link) {
    for (size_t i = 0; i < kLinkKinds; ++i) {
      const LinkKind kind{static_cast<uint8_t>(i)};
      if (link.count(kind) == 0) continue;
      BeginEdge(ExhibitId(link.a), ExhibitId(link.b), LinkKindName(kind));
      Data("count", std::to_string(link.count(kind)));
      out_ += "</edge>\n";
    }
  }

  Status AddContent(ContentNumber number) {
    const auto at = places_.of(number);
    KENAL_TRY_ASSIGN(const findings::Place first,
                     findings_.ReadPlace(at.front()));
    const std::string id = ContentId(number);
    BeginNode(id, "content");
    Data("label", PathText(first));
    Data("sha256", findings_.contents()[number].sha256.ToHex());
    Data("verdict", VerdictName(findings_.contents()[number].verdict));
    Data("places", std::to_string(at.size()));
    out_ += "</node>\n";
    for (size_t begin = 0; begin < at.size();) {
      const uint32_t exhibit = findings_.exhibit_of(at[begin]);
      size_t end = begin;
      while (end < at.size() && findings_.exhibit_of(at[end]) == exhibit) {
        ++end;
      }
      BeginEdge(id, ExhibitId(exhibit), "at");
      Data("places", std::to_string(end - begin));
      out_ += "</edge>\n";
      begin = end;
    }
    return OkStatus();
  }

  void AddContentLink(const ContentLink& link) {
    BeginEdge(ContentId(link.from), ContentId(link.to),
              LinkKindName(link.kind));
    if (link.kind == LinkKind::kNear) {
      Data("distance", std::to_string(link.distance));
    } else {
      Data("label", link.label);
    }
    out_ += "</edge>\n";
  }

  void AddArchive(size_t i) {
    const ArchiveNode& archive = links_.archives[i];
    const std::string id = "a" + std::to_string(i);
    BeginNode(id, "archive");
    Data("label", archive.path);
    out_ += "</node>\n";
    BeginEdge(id, ExhibitId(archive.exhibit), "at");
    out_ += "</edge>\n";
    for (const ContentNumber number : archive.contents) {
      BeginEdge(ContentId(number), id, "within");
      out_ += "</edge>\n";
    }
  }

  findings::Findings& findings_;
  const ContentPlaces& places_;
  const Links& links_;
  OutputFile output_;
  std::string& out_;
};

}  // namespace

Status WriteGraph(Job& job, OutputFile output) {
  KENAL_TRY_ASSIGN(const Links* links, job.links());
  return Graph(job, *links, std::move(output)).Write();
}

}  // namespace kenal::report
