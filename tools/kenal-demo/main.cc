#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>

#include "tools/kenal-demo/demo.h"

int main(int argc, char** argv) {
  CLI::App app("The pieces of tools/quickstart.sh", "kenal-demo");
  app.require_subcommand(1);
  std::string from;
  std::string to;
  int works_max = 0;

  CLI::App* pick = app.add_subcommand(
      "pick", "Link one picture of each work into OUT/listed or OUT/unlisted");
  pick->add_option("PICTURES", from)->required();
  pick->add_option("OUT", to)->required();

  CLI::App* copies = app.add_subcommand(
      "copies", "Write altered copies of each picture in LISTED to OUT");
  copies->add_option("LISTED", from)->required();
  copies->add_option("OUT", to)->required();

  CLI::App* table = app.add_subcommand(
      "table", "Print the lines of `kenal match --json` for people");
  table->add_option("ANSWERS", from)->required();
  table->add_option("--works", works_max,
                    "Show this many pictures (0: all); totals are of all");
  CLI11_PARSE(app, argc, argv);

  kenal::Status status;
  try {
    if (pick->parsed()) status = kenal::demo::PickWorks(from, to);
    if (copies->parsed()) status = kenal::demo::MakeCopies(from, to);
    if (table->parsed()) status = kenal::demo::PrintTable(from, works_max);
  } catch (const std::exception& e) {  // std::filesystem throws.
    status = kenal::Unavailable(e.what());
  }
  if (status.ok()) return 0;
  std::fprintf(stderr, "kenal-demo: %s\n",
               std::string(status.message()).c_str());
  return 1;
}
