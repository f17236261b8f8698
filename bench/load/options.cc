#include "bench/load/options.h"

#include <CLI/CLI.hpp>

namespace kenal::load {
namespace {

constexpr char kAbout[] =
    "Puts a Kenal server under load and measures it.\n"
    "Calls are due by a schedule that does not wait for answers, and latency\n"
    "counts from the time that a call was due. What the generator itself "
    "could\n"
    "not send in time is counted and said.";

constexpr char kExamples[] =
    "Examples:\n"
    "  kenal-load --address 127.0.0.1:7117 --tls certs/uploads --rate 2000\n"
    "  kenal-load --address unix:/srv/kenal/kenal.sock --find-peak --ceiling\n"
    "  kenal-load --address ADDR --mix unary=80,batch=1,stream=19 \\\n"
    "    --rates 1000,2000,4000 --plot load.png --json load.json";

// What CLI11 reads for ParseOptions to understand.
struct Texts {
  std::vector<std::string> rates{"1000"};
  std::vector<std::string> mix{"unary"};
  std::string arrivals = "poisson";
  double late_max_ms = 100;
  double deadline_ms = 5000;
};

Status ParseRates(const std::vector<std::string>& words, Options& options) {
  for (const std::string& word : words) {
    Options::Rate rate;
    char* end = nullptr;
    rate.per_second = std::strtod(word.c_str(), &end);
    if (*end == ':') {
      rate.seconds = std::strtod(end + 1, &end);
      if (!(rate.seconds > 0)) end = const_cast<char*>(word.c_str());
    }
    if (*end != '\0' || !(rate.per_second > 0)) {
      return InvalidArgument("--rate: " + word +
                             ": takes RATE or RATE:SECONDS, above 0");
    }
    options.rates.push_back(rate);
  }
  return OkStatus();
}

Status ParseMix(const std::vector<std::string>& words, Options& options) {
  for (const std::string& word : words) {
    const size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    double weight = 1;
    if (equals != std::string::npos) {
      char* end = nullptr;
      weight = std::strtod(word.c_str() + equals + 1, &end);
      if (*end != '\0' || !(weight > 0)) {
        return InvalidArgument("--mix: " + word + ": a share is above 0");
      }
    }
    bool known = false;
    for (size_t kind = 0; kind < kCallKindCount; ++kind) {
      if (CallKindName(static_cast<CallKind>(kind)) != name) continue;
      options.mix.emplace_back(static_cast<CallKind>(kind), weight);
      known = true;
    }
    if (!known) {
      return InvalidArgument("--mix: " + name +
                             ": takes unary, batch, stream and picture");
    }
  }
  return OkStatus();
}

void AddTarget(CLI::App& app, Options& options) {
  Target& target = options.generator.target;
  app.add_option("--address", target.address, "unix:PATH or HOST:PORT")
      ->required();
  app.add_option("--tls", target.tls,
                 "FOLDER/NAME: FOLDER/ca.pem, NAME.pem and NAME.key there; "
                 "plaintext when not given");
  app.add_option("--tls-name", target.tls_name,
                 "Name expected in the server's certificate");
  app.add_option("--connections", options.generator.connections, "Connections");
  app.add_option("--streams", options.generator.streams,
                 "Open StreamMatch calls of a mix with streams");
}

void AddRates(CLI::App& app, Options& options, Texts& texts) {
  app.add_option("--rate,--rates", texts.rates,
                 "Calls a second; several, for one phase each. RATE:SECONDS "
                 "for a phase that takes another time than --seconds")
      ->delimiter(',');
  app.add_option("--closed-loop", options.closed_loop,
                 "Instead of a rate: so many calls always under way. It slows "
                 "down with the server, so only its throughput counts");
  app.add_option("--seconds", options.seconds, "Of each phase")
      ->check(CLI::PositiveNumber);
  app.add_option("--warmup", options.warmup_seconds,
                 "Seconds at the first rate that do not count");
  app.add_option("--pause", options.pause_seconds, "Seconds between phases");
  app.add_flag("--back-to-back", options.back_to_back,
               "Phases follow without a gap");
  app.add_option("--arrivals", texts.arrivals, "poisson or constant")
      ->check(CLI::IsMember({"poisson", "constant"}));
  app.add_flag("--find-peak", options.find_peak,
               "Raise the rate, from --rate on, to the highest that is "
               "answered within --p99-limit-ms");
  app.add_option("--p99-limit-ms", options.p99_limit_ms,
                 "Of --find-peak, and of when a server is normal again");
  app.add_option("--in-flight-max", options.generator.in_flight_max,
                 "Calls under way; one more that is due is counted as unsent");
}

void AddQueries(CLI::App& app, Options& options, Texts& texts) {
  QueryOptions& query = options.query;
  app.add_option("--mix", texts.mix,
                 "KIND[=SHARE],...: unary, batch, stream, picture")
      ->delimiter(',');
  app.add_option("--batch-items", query.batch_items, "Hashes a batch");
  app.add_option("--queries", query.pool, "Distinct queries");
  app.add_option("--views", query.views, "Views a query, 1 to 8");
  app.add_flag("--variants", query.variants,
               "Send all eight turns and mirrors of each view");
  app.add_option("--effort", query.effort, "fast, normal or thorough")
      ->check(CLI::IsMember({"fast", "normal", "thorough"}));
  app.add_option("--work-class", query.work_class, "live or bulk")
      ->check(CLI::IsMember({"live", "bulk"}));
  app.add_option("--known", query.known_file,
                 "File of lines `pdq HEX` that a share of queries is near to");
  app.add_option("--known-share", query.known_share, "That share, 0 to 1")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--known-bits", query.known_bits,
                 "Bits changed in them at most")
      ->check(CLI::Range(0, 256));
  app.add_option("--picture", query.pictures, "Picture files to send");
  app.add_option("--seed", options.generator.seed, "Of all that is random");
}

void AddExtras(CLI::App& app, Options& options) {
  app.add_flag("--serve-empty", options.serve_empty,
               "Be a server that answers at once, at --address, until SIGTERM");
  app.add_flag("--until-input-ends", options.until_input_ends,
               "With --serve-empty: until standard input ends");
  app.add_flag("--ceiling", options.ceiling,
               "First measure the same calls against an empty server");
  app.add_option("--ceiling-tls", options.ceiling_tls,
                 "FOLDER/NAME of the certificate of that server");
  app.add_option("--freshness-list", options.freshness_list,
                 "Beside the load, add an entry to this list, wait until it is "
                 "found, withdraw it and wait until it is not");
  app.add_option("--freshness-rate", options.freshness_rate,
                 "Such rounds a second")
      ->check(CLI::PositiveNumber);
  app.add_option("--freshness-tls", options.freshness_tls,
                 "FOLDER/NAME of a client that may; --tls when not given");
  app.add_option("--json", options.json, "Write all figures there");
  app.add_option("--csv", options.csv, "Write latencies by percentile there");
  app.add_option("--timeline", options.timeline,
                 "Write each tenth of a second there (CSV)");
  app.add_option("--plot", options.plot,
                 "Draw percentiles and goodput there (.png or .svg)");
}

Status Understand(const Texts& texts, Options& options) {
  options.generator.arrivals =
      texts.arrivals == "constant" ? Arrivals::kConstant : Arrivals::kPoisson;
  options.generator.late_max_ns = static_cast<int64_t>(texts.late_max_ms * 1e6);
  options.generator.deadline_ns = static_cast<int64_t>(texts.deadline_ms * 1e6);
  options.query.seed = options.generator.seed;
  KENAL_TRY(ParseRates(texts.rates, options));
  return ParseMix(texts.mix, options);
}

}  // namespace

std::optional<int> ParseOptions(int count, char** words, Options& options) {
  CLI::App app(kAbout, "kenal-load");
  app.footer(kExamples);
  app.option_defaults()->always_capture_default();
  Texts texts;
  AddTarget(app, options);
  AddRates(app, options, texts);
  AddQueries(app, options, texts);
  AddExtras(app, options);
  app.add_option(
      "--late-max-ms", texts.late_max_ms,
      "A call that the generator is later with is counted as unsent");
  app.add_option("--deadline-ms", texts.deadline_ms, "Of each call");
  try {
    app.parse(count, words);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const Status status = Understand(texts, options);
  if (status.ok()) return std::nullopt;
  std::fprintf(stderr, "kenal-load: %s\n",
               std::string(status.message()).c_str());
  return 2;
}

}  // namespace kenal::load
