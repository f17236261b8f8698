#include "src/index/dead_bits.h"

namespace kenal::index {

void DeadBitsEditor::Set(uint64_t slot, bool dead) {
  if (next_->Has(slot) == dead) return;
  DeadBits::Page& page = OwnPage(slot / DeadBits::kPageSlots);
  const uint64_t bit = slot % DeadBits::kPageSlots;
  page[bit / 64] ^= uint64_t{1} << (bit % 64);
  next_->count_ += dead ? uint64_t{1} : ~uint64_t{0};
}

DeadBits::Page& DeadBitsEditor::OwnPage(uint64_t page) {
  auto& pages = next_->pages_;
  if (page >= pages.size()) pages.resize(page + 1);
  if (own_.size() < pages.size()) own_.resize(pages.size(), nullptr);
  if (own_[page] == nullptr) {
    auto copy = pages[page] == nullptr
                    ? std::make_shared<DeadBits::Page>(DeadBits::Page{})
                    : std::make_shared<DeadBits::Page>(*pages[page]);
    own_[page] = copy.get();
    pages[page] = std::move(copy);
  }
  return *own_[page];
}

}  // namespace kenal::index
