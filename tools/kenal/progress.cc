#include "tools/kenal/progress.h"

#include "tools/kenal/table.h"

namespace kenal::cli {
namespace {

constexpr std::chrono::milliseconds kLiveInterval{100};
constexpr std::chrono::seconds kPlainInterval{5};
// Before this a rate says little.
constexpr double kRateSecondsMin = 0.5;

std::string Rate(uint64_t done, double seconds) {
  return Count(static_cast<uint64_t>(static_cast<double>(done) / seconds)) +
         "/s";
}

}  // namespace

std::string DurationText(double seconds) {
  const auto whole = static_cast<uint64_t>(seconds + 0.5);
  if (whole < 60) return std::to_string(whole) + " s";
  const uint64_t minutes = whole / 60;
  if (minutes < 60) {
    return std::to_string(minutes) + " min " + std::to_string(whole % 60) +
           " s";
  }
  return std::to_string(minutes / 60) + " h " + std::to_string(minutes % 60) +
         " min";
}

std::string ElapsedText(uint64_t done, double seconds) {
  constexpr double kToldSecondsMin = 2;
  if (seconds < kToldSecondsMin) return "";
  return "took " + DurationText(seconds) + ", " + Rate(done, seconds);
}

Progress::Progress(Console& console, std::string verb, std::string unit,
                   std::optional<uint64_t> total)
    : console_(console),
      verb_(std::move(verb)),
      unit_(std::move(unit)),
      total_(total),
      next_(start_ + (console.error_is_terminal()
                          ? Clock::duration(kLiveInterval)
                          : Clock::duration(kPlainInterval))) {}

Progress::~Progress() {
  if (!console_.quiet() && console_.error_is_terminal()) console_.ShowLive("");
}

void Progress::Update(uint64_t done, std::optional<double> fraction) {
  if (console_.quiet()) return;
  const Clock::time_point now = Clock::now();
  const bool live = console_.error_is_terminal();
  {
    const base::MutexLock lock(mutex_);
    if (now < next_) return;
    next_ = now + (live ? Clock::duration(kLiveInterval)
                        : Clock::duration(kPlainInterval));
  }
  const std::chrono::duration<double> passed = now - start_;
  const std::string text = Text(done, fraction, passed.count());
  live ? console_.ShowLive(text) : console_.Say(text);
}

std::string Progress::Text(uint64_t done, std::optional<double> fraction,
                           double seconds) const {
  std::string text = verb_ + " " + Count(done);
  if (total_) text += "/" + Count(*total_);
  text += " " + unit_;
  if (!fraction && total_ && *total_ > 0) {
    fraction = static_cast<double>(done) / static_cast<double>(*total_);
  }
  if (fraction) {
    text += "  " + std::to_string(static_cast<int>(*fraction * 100)) + " %";
  }
  if (seconds < kRateSecondsMin) return text;
  text += "  " + Rate(done, seconds);
  if (fraction && *fraction > 0 && *fraction < 1) {
    text +=
        "  " + DurationText(seconds * (1 - *fraction) / *fraction) + " left";
  }
  return text;
}

void Progress::NoteElapsed(uint64_t done) const {
  const std::chrono::duration<double> passed = Clock::now() - start_;
  const std::string text = ElapsedText(done, passed.count());
  if (!text.empty()) console_.Note(text);
}

}  // namespace kenal::cli
