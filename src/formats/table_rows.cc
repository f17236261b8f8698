#include "src/formats/table_rows.h"

#include <algorithm>

namespace kenal::formats {

bool TableRows::AtLineEnd() const {
  const char c = input_->Peek();
  return c == '\n' || c == '\r' || input_->AtEnd();
}

void TableRows::PassLineEnd() {
  if (input_->AtEnd()) return;
  if (input_->Peek() == '\r') input_->Take();
  if (input_->Peek() == '\n') Count(input_->Take());
}

void TableRows::PassLine() {
  while (!input_->AtEnd()) {
    input_->BeginToken();
    const std::string_view ahead = input_->Ahead();
    const size_t end = ahead.find('\n');
    input_->Skip(end == ahead.npos ? ahead.size() : end + 1);
    if (end == ahead.npos) continue;
    Count('\n');
    return;
  }
}

void TableRows::ReadPlain(std::string& cell) {
  while (!input_->AtEnd() && row_bytes_ <= kRowBytesMax) {
    const std::string_view ahead = input_->Ahead();
    const auto end = std::find_if(ahead.begin(), ahead.end(), [this](char c) {
      return c == delimiter_ || c == '\n' || c == '\r';
    });
    const auto size = static_cast<size_t>(end - ahead.begin());
    cell.append(ahead.data(), size);
    row_bytes_ += size;
    const bool whole = size < ahead.size();
    if (size > 0) input_->Skip(size);
    if (whole) return;
    input_->BeginToken();
  }
}

void TableRows::ReadQuoted(std::string& cell, TableRow& row) {
  input_->Take();
  while (row_bytes_ <= kRowBytesMax) {
    if (input_->AtEnd()) {
      row.wrong = "has a quote that is not closed";
      return;
    }
    const char c = input_->Take();
    ++row_bytes_;
    if (c != '"') {
      Count(c);
      cell += c;
      input_->BeginToken();
      continue;
    }
    if (input_->Peek() == '"' && !input_->AtEnd()) {
      cell += input_->Take();
      continue;
    }
    if (AtLineEnd() || input_->Peek() == delimiter_) return;
    if (!loose_) {
      row.wrong = "has text after a quote that closed a cell";
      return;
    }
    cell += '"';
  }
}

StatusOr<bool> TableRows::Next(TableRow& row) {
  while (!input_->AtEnd() && AtLineEnd()) {
    input_->BeginToken();
    PassLineEnd();
  }
  KENAL_TRY(input_->status());
  if (input_->AtEnd()) return false;
  row.byte = input_->offset();
  row.line = line_;
  row.count = 0;
  row.wrong.clear();
  row_bytes_ = 0;
  while (row.wrong.empty()) {
    input_->BeginToken();
    if (row.cells.size() == row.count) row.cells.emplace_back();
    std::string& cell = row.cells[row.count++];
    cell.clear();
    if (input_->Peek() == '"') {
      ReadQuoted(cell, row);
    } else {
      ReadPlain(cell);
    }
    KENAL_TRY(input_->status());
    if (row_bytes_ > kRowBytesMax) {
      row.wrong = "is longer than " + std::to_string(kRowBytesMax) + " bytes";
    } else if (row.count == TableRow::kCellsMax) {
      row.wrong =
          "has more than " + std::to_string(TableRow::kCellsMax - 1) + " cells";
    } else if (row.wrong.empty() && AtLineEnd()) {
      PassLineEnd();
      return true;
    } else if (row.wrong.empty()) {
      input_->Take();  // the delimiter
    }
  }
  PassLine();
  KENAL_TRY(input_->status());
  return true;
}

void AppendCell(std::string_view text, char delimiter, std::string& out) {
  const bool plain = std::none_of(text.begin(), text.end(), [&](char c) {
    return c == delimiter || c == '"' || c == '\n' || c == '\r';
  });
  if (plain) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

}  // namespace kenal::formats
