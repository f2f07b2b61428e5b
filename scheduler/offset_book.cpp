#include "scheduler/offset_book.hpp"

#include <algorithm>

namespace outboxd::scheduler {

OffsetBook::Ticket OffsetBook::enter(const Delivery& record) {
    const auto [found, fresh] = byPlace_.try_emplace({record.topic, record.partition}, nextPage_);
    if (fresh) pages_[nextPage_++].place = found->first;
    auto& page = pages_.at(found->second);
    page.slots.push_back({record.offset, false});
    ++open_;
    return {found->second, page.base + page.slots.size() - 1};
}

void OffsetBook::finish(Ticket ticket) {
    const auto found = pages_.find(ticket.page);
    if (found == pages_.end()) return;
    auto& page = found->second;
    if (ticket.number < page.base) return;
    page.slots.at(ticket.number - page.base).finished = true;
    while (!page.slots.empty() && page.slots.front().finished) {
        page.next = page.slots.front().offset + 1;
        page.slots.pop_front();
        ++page.base;
        --open_;
    }
}

std::vector<Committable> OffsetBook::committable() const {
    std::vector<Committable> positions;
    for (const auto& [id, page] : pages_)
        if (page.next > page.committed) positions.push_back({page.place, page.next});
    return positions;
}

void OffsetBook::committed(std::span<const Committable> positions) {
    for (const auto& position : positions) {
        const auto found = byPlace_.find(position.place);
        if (found != byPlace_.end()) pages_.at(found->second).committed = position.next;
    }
}

std::optional<std::uint64_t> OffsetBook::page(const Place& place) const {
    const auto found = byPlace_.find(place);
    return found == byPlace_.end() ? std::nullopt : std::optional{found->second};
}

void OffsetBook::forget(const Place& place) {
    const auto found = byPlace_.find(place);
    if (found == byPlace_.end()) return;
    open_ -= pages_.at(found->second).slots.size();
    pages_.erase(found->second);
    byPlace_.erase(found);
}

std::vector<Place> OffsetBook::places() const {
    std::vector<Place> all;
    for (const auto& [place, page] : byPlace_) all.push_back(place);
    return all;
}

std::optional<std::int64_t> OffsetBook::unfinished(const Place& place) const {
    const auto found = byPlace_.find(place);
    if (found == byPlace_.end()) return std::nullopt;
    const auto& slots = pages_.at(found->second).slots;
    if (slots.empty()) return std::nullopt;
    return slots.front().offset;
}

} // namespace outboxd::scheduler
