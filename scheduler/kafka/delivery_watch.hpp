// Who counts what becomes of records.
#pragma once

#include "scheduler/event_sink.hpp"

#include <chrono>
#include <cstddef>
#include <string>

namespace outboxd::scheduler::kafka {

// Called on the thread that polls a session.
class DeliveryWatch {
public:
    virtual ~DeliveryWatch() = default;
    // The broker acknowledged a record so long after its event's created_at; never negative. Must be quick.
    virtual void delivered(std::chrono::microseconds age) = 0;
    // So many records of a topic came to this end; told once for what one poll brought.
    virtual void ended(const std::string& topic, DeliveryReport::Outcome outcome, std::size_t count) = 0;
};

} // namespace outboxd::scheduler::kafka
