// A first-in-first-out queue of messages that knows how many bytes it holds and costs nothing while empty.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "node/core/types.hpp"

namespace mullion::node::core {

class ParcelQueue {
 public:
  bool empty() const { return head_ == parcels_.size(); }
  std::size_t size() const { return parcels_.size() - head_; }
  std::size_t bytes() const { return bytes_; }
  const Parcel& front() const { return parcels_[head_]; }
  Parcel* find_check(std::uint32_t serial) {
    auto found = std::find_if(parcels_.begin() + static_cast<std::ptrdiff_t>(head_), parcels_.end(),
                              [serial](const Parcel& parcel) { return parcel.check == serial; });
    return found == parcels_.end() ? nullptr : &*found;
  }

  // Whether the front waited for one.
  bool forget_checks() {
    const bool waited = !empty() && front().check != 0;
    for (Parcel& parcel : parcels_) parcel.check = 0;
    return waited;
  }

  void push(Parcel&& parcel) {
    bytes_ += weight(parcel);
    parcels_.push_back(std::move(parcel));
  }

  Parcel pop() {
    Parcel parcel = std::move(parcels_[head_++]);
    bytes_ -= weight(parcel);
    if (empty()) {
      parcels_.clear();
      head_ = 0;
    } else if (head_ >= 64 && head_ * 2 >= parcels_.size()) {
      compact();
    }
    return parcel;
  }

  void append(Mail&& mail) {
    for (Parcel& parcel : mail) push(std::move(parcel));
  }

  void prepend(Mail&& mail) {
    if (mail.empty()) return;
    Mail rest = take_all();
    append(std::move(mail));
    append(std::move(rest));
  }

  Mail take_all() {
    compact();
    bytes_ = 0;
    return std::exchange(parcels_, {});
  }

  auto begin() const { return parcels_.begin() + static_cast<std::ptrdiff_t>(head_); }
  auto end() const { return parcels_.end(); }

 private:
  void compact() {
    parcels_.erase(parcels_.begin(), parcels_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }

  Mail parcels_{};
  std::size_t head_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace mullion::node::core
