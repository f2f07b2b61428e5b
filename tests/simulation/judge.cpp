#include "tests/simulation/judge.hpp"

namespace outboxd::simulation {

void Judge::born(Id id, int key, int topic, Time now) {
    if (events_.size() <= static_cast<std::size_t>(id)) events_.resize(static_cast<std::size_t>(id) + 64);
    newest_ = id;
    auto& event = at(id);
    event.key = key;
    event.topic = topic;
    event.inserted = now;
    event.hasNothing = false;
}

void Judge::layout(int topic, int partitions, Time now) {
    layouts_[static_cast<std::size_t>(topic)].push_back({now, partitions});
}

void Judge::appended(Id id, int partition, Time now) {
    auto& event = at(id);
    trace_("log: event ", id, " of key ", event.key, " on partition ", partition);
    const auto& layouts = layouts_[static_cast<std::size_t>(event.topic)];
    bool allowed = false; // by a layout that held at some time between the insert and now
    for (std::size_t i = 0; i < layouts.size(); ++i) {
        const bool ended = i + 1 < layouts.size() && layouts[i + 1].since < event.inserted;
        allowed = allowed || (!ended && layouts[i].since <= now &&
                              partition == partitionOf(event.key, layouts[i].partitions));
    }
    if (!allowed)
        throw Breach("event " + std::to_string(id) + " of key " + std::to_string(event.key) +
                     " is on partition " + std::to_string(partition) + ", where no announced layout puts it");
    if (const auto frozen = frozenAfter_.find(event.topic);
        frozen != frozenAfter_.end() && id > frozen->second)
        throw Breach("event " + std::to_string(id) +
                     " reached the log although every owner had said that its topic is paused");
    if (event.inLog) return;
    event.inLog = true;
    if (event.waived) return;
    auto& latest = latest_[{event.key, event.topic}];
    if (id < latest)
        throw Breach("event " + std::to_string(id) + " of key " + std::to_string(event.key) +
                     " reached the log first after event " + std::to_string(latest));
    latest = id;
}

void Judge::settled(Id id) const {
    const auto& event = facts(id);
    if (!event.inLog && !event.hasNothing)
        throw Breach("event " + std::to_string(id) + " of key " + std::to_string(event.key) +
                     " is neither queued nor held, and not in the log");
}

void Judge::failed(Id id) const {
    if (!facts(id).guilty)
        throw Breach("event " + std::to_string(id) + " of key " + std::to_string(facts(id).key) +
                     " is held as FAILED, though nothing ever refused it");
}

void Judge::committed(const std::string& term, const std::string& holder) {
    if (term != holder)
        throw Breach("a transaction under the term " + term + " committed while " +
                     (holder.empty() ? "nobody" : holder) + " held the lane");
}

} // namespace outboxd::simulation
