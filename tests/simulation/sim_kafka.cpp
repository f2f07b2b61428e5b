#include "tests/simulation/sim_kafka.hpp"

#include <algorithm>

namespace outboxd::simulation {

SimKafka::SimKafka(const Time& now, Judge& judge, int brokers, int topics, int partitions)
    : now_(now), judge_(judge),
      topics_(static_cast<std::size_t>(topics), std::vector<Partition>(static_cast<std::size_t>(partitions))),
      up_(static_cast<std::size_t>(brokers), true) {}

Connection* SimKafka::connect(int broker) {
    connections_.push_back(std::make_unique<Connection>());
    connections_.back()->broker = broker;
    return connections_.back().get();
}

bool SimKafka::serve(Dice& dice) {
    std::erase_if(connections_, [](const auto& line) { return !line->open && line->requests.empty(); });
    if (connections_.empty()) return false;
    const auto first = dice.roll(connections_.size());
    for (std::size_t i = 0; i < connections_.size(); ++i) {
        auto& line = *connections_[(first + i) % connections_.size()];
        if (line.requests.empty() || !up(line.broker)) continue;
        auto response = process(line.requests.front());
        line.requests.pop_front();
        if (line.open) line.responses.push_back(response);
        return true;
    }
    return false;
}

void SimKafka::dropStrays(Dice& dice) {
    for (auto& line : connections_)
        if (!line->open && dice.oneIn(2)) line->requests.clear();
}

bool SimKafka::quiet() const {
    return std::ranges::all_of(connections_, [](const auto& line) { return line->requests.empty(); });
}

bool SimKafka::allUp() const {
    return std::ranges::all_of(up_, [](bool up) { return up; });
}

void SimKafka::grow(int topic) { topics_[static_cast<std::size_t>(topic)].emplace_back(); }

Response SimKafka::process(const Request& request) {
    using Result = Response::Result;
    Response response{Result::refused, request.topic, request.partition};
    if (!refused_.empty() &&
        std::ranges::any_of(request.records, [&](auto id) { return refused_.contains(id); })) {
        for (const auto id : request.records)
            if (refuses(id)) judge_.guilty(id);
        return response;
    }
    auto& producers =
        topics_[static_cast<std::size_t>(request.topic)][static_cast<std::size_t>(request.partition)]
            .producers;
    const auto size = static_cast<std::int64_t>(request.records.size());
    auto known = std::ranges::find(producers, request.producer, &ProducerState::producer);
    response.result = Result::appended;
    if (known == producers.end()) {
        producers.push_back({request.producer, request.epoch, request.sequence + size});
    } else if (request.epoch < known->epoch || (request.epoch > known->epoch && request.sequence != 0) ||
               (request.epoch == known->epoch && request.sequence > known->next)) {
        response.result = Result::out_of_order;
        return response;
    } else if (request.epoch == known->epoch && request.sequence < known->next) {
        return response; // a repetition
    } else {
        known->epoch = request.epoch;
        known->next = request.sequence + size;
    }
    for (const auto id : request.records) judge_.appended(id, request.partition, now_);
    return response;
}

} // namespace outboxd::simulation
