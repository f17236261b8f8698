#include "src/exchange/time_text.h"

#include <chrono>
#include <optional>

namespace kenal::exchange {
namespace {

constexpr int kYearMin = 1970;
constexpr int kYearMax = 9999;

// Reads from the front of a text; once something is missing all is.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  int Digits(size_t count) {
    int value = 0;
    for (size_t i = 0; i < count; ++i) {
      const int digit = i < rest_.size() ? rest_[i] - '0' : -1;
      if (digit < 0 || digit > 9) return Fail();
      value = 10 * value + digit;
    }
    rest_.remove_prefix(count);
    return value;
  }
  int Upto(int maximum) {
    const int value = Digits(2);
    return value <= maximum ? value : Fail();
  }
  void Expect(char c) {
    if (!Skip(c)) Fail();
  }
  bool Skip(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // ".25" as 250; further digits are passed over.
  int FractionMs() {
    if (!Skip('.')) return 0;
    int value = Digits(1) * 100;
    for (int unit = 10; !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9';
         unit /= 10) {
      value += unit * Digits(1);
    }
    return value;
  }
  bool AtEnd() const { return rest_.empty(); }
  bool ok() const { return ok_; }

 private:
  int Fail() {
    ok_ = false;
    rest_ = {};
    return 0;
  }

  std::string_view rest_;
  bool ok_ = true;
};

// What is to be taken off a local time; fails in the reader.
std::chrono::minutes Offset(Reader& reader) {
  if (reader.Skip('Z') || reader.Skip('z')) return {};
  const bool ahead = reader.Skip('+');
  if (!ahead) reader.Expect('-');
  const std::chrono::hours hours(reader.Upto(23));
  reader.Expect(':');
  const std::chrono::minutes offset =
      hours + std::chrono::minutes(reader.Upto(59));
  return ahead ? offset : -offset;
}

std::optional<int64_t> Read(std::string_view text) {
  using std::chrono::milliseconds;
  Reader reader(text);
  const int year = reader.Digits(4);
  reader.Expect('-');
  const int month = reader.Digits(2);
  reader.Expect('-');
  const int day = reader.Digits(2);
  const std::chrono::year_month_day date{
      std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
      std::chrono::day(static_cast<unsigned>(day))};
  if (!reader.ok() || !date.ok() || year < kYearMin || year > kYearMax) {
    return std::nullopt;
  }
  milliseconds time = std::chrono::sys_days(date).time_since_epoch();
  if (reader.AtEnd()) return time.count();
  if (!reader.Skip('T') && !reader.Skip('t')) reader.Expect(' ');
  time += std::chrono::hours(reader.Upto(23));
  reader.Expect(':');
  time += std::chrono::minutes(reader.Upto(59));
  reader.Expect(':');
  time += std::chrono::seconds(reader.Upto(59));
  time += milliseconds(reader.FractionMs());
  time -= Offset(reader);
  if (!reader.ok() || !reader.AtEnd() || time.count() < 0) return std::nullopt;
  return time.count();
}

}  // namespace

StatusOr<int64_t> ParseTime(std::string_view text) {
  if (const std::optional<int64_t> time = Read(text)) return *time;
  return InvalidArgument(
      "a time is written as 2027-01-31, the first moment of that day in UTC, "
      "or 2027-01-31T09:30:00Z");
}

}  // namespace kenal::exchange
