#include "scheduler/outbox_relay_rows.hpp"

#include <algorithm>
#include <utility>

namespace outboxd::scheduler::relay {

// ---- of a lane ----

std::vector<RowsInHand::Row>::iterator RowsInHand::find(std::int64_t id) {
    return std::ranges::lower_bound(rows_, id, {}, &Row::id);
}

bool RowsInHand::add(std::int64_t id) {
    if (!marked_.empty() && std::ranges::binary_search(marked_, id)) return false;
    if (rows_.empty() || rows_.back().id < id) {
        rows_.push_back({id});
    } else {
        const auto place = find(id);
        if (place->id == id) return false;
        rows_.insert(place, {id});
    }
    ++open_;
    return true;
}

bool RowsInHand::settle(std::int64_t id, Outcome outcome) {
    const auto row = find(id);
    if (row == rows_.end() || row->id != id || row->outcome != Outcome::open) return false;
    row->outcome = outcome;
    --open_;
    ++settled_;
    return true;
}

void RowsInHand::takeBack(std::int64_t id) {
    const auto row = find(id);
    if (row == rows_.end() || row->id != id || row->outcome != Outcome::open) return;
    rows_.erase(row);
    --open_;
}

std::size_t RowsInHand::forgetOpen() {
    std::erase_if(rows_, [](const Row& row) { return row.outcome == Outcome::open; });
    return std::exchange(open_, 0);
}

bool RowsInHand::mostAtFront() const {
    const auto front = std::ranges::find(rows_, Outcome::open, &Row::outcome);
    return static_cast<std::size_t>(front - rows_.begin()) * 2 >= settled_;
}

std::vector<std::int64_t> RowsInHand::startMark(bool all) {
    const auto front = std::ranges::find(rows_, Outcome::open, &Row::outcome);
    // A held row is written down by the next mark, wherever it stands.
    const bool frontOnly =
        !all && mostAtFront() && std::ranges::find(rows_, Outcome::held, &Row::outcome) == rows_.end();
    std::vector<std::int64_t> acknowledged;
    acknowledged.reserve(settled_);
    for (auto row = rows_.begin(); row != (frontOnly ? front : rows_.end()); ++row) {
        if (row->outcome == Outcome::open) continue;
        row->leaving = true;
        --settled_;
        if (row->outcome == Outcome::acknowledged) acknowledged.push_back(row->id);
    }
    return acknowledged;
}

void RowsInHand::marked(bool readUnderWay) {
    if (readUnderWay) {
        const auto before = static_cast<std::ptrdiff_t>(marked_.size());
        for (const auto& row : rows_)
            if (row.leaving) marked_.push_back(row.id);
        std::ranges::inplace_merge(marked_, marked_.begin() + before);
    }
    std::erase_if(rows_, [](const Row& row) { return row.leaving; });
}

void RowsInHand::notMarked() {
    for (auto& row : rows_) settled_ += std::exchange(row.leaving, false) ? 1 : 0;
}

bool RowsInHand::contains(std::int64_t id) const {
    return std::ranges::binary_search(rows_, id, {}, &Row::id);
}

std::vector<std::int64_t> RowsInHand::upTo(std::int64_t id) const {
    std::vector<std::int64_t> ids;
    ids.reserve(rows_.size());
    for (const auto& row : rows_) {
        if (row.id > id) break;
        ids.push_back(row.id);
    }
    return ids;
}

// ---- with a session ----

namespace {
constexpr unsigned kSlotBits = 24;
constexpr DeliveryToken kSlotMask = (DeliveryToken{1} << kSlotBits) - 1;
} // namespace

DeliveryToken InFlight::add(Row row) {
    if (free_.empty()) {
        free_.push_back(slots_.size());
        slots_.emplace_back();
    }
    const auto index = free_.back();
    free_.pop_back();
    const auto token = (++serial_ << kSlotBits) | index;
    auto& sum = sums(row.mode);
    ++sum.rows;
    sum.bytes += row.bytes;
    slots_[index] = {token, std::move(row)};
    return token;
}

std::optional<InFlight::Row> InFlight::take(DeliveryToken token) {
    const auto index = token & kSlotMask;
    if (token == 0 || index >= slots_.size() || slots_[index].token != token) return std::nullopt;
    slots_[index].token = 0;
    free_.push_back(index);
    auto& row = slots_[index].row;
    auto& sum = sums(row.mode);
    --sum.rows;
    sum.bytes -= row.bytes;
    return std::move(row);
}

std::size_t InFlight::drop(SessionMode mode) {
    const auto before = rows(mode);
    for (const auto& slot : slots_) {
        if (slot.token != 0 && slot.row.mode == mode) take(slot.token);
    }
    return before;
}

} // namespace outboxd::scheduler::relay
