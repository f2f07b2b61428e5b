#include "tests/simulation/sim_session.hpp"

#include <algorithm>
#include <iterator>

namespace outboxd::simulation {

using Kind = scheduler::ProduceResult::Kind;

SimSession::SimSession(SimSink& sink, scheduler::SessionMode mode, Dice& dice)
    : sink_(sink), dice_(dice),
      batchSize_(mode == scheduler::SessionMode::solo && sink.mutant_ != Mutant::solo_in_batches
                     ? 1
                     : sink.limits_.batch),
      depth_(sink.mutant_ == Mutant::partition_opened_by_many ? 5 : 1), producer_(sink.kafka_.newProducer()),
      lines_(static_cast<std::size_t>(sink.kafka_.brokers())), inFlight_(lines_.size()) {
    for (int broker = 0; broker < sink_.kafka_.brokers(); ++broker)
        lines_[static_cast<std::size_t>(broker)] = sink_.kafka_.connect(broker);
}

SimSession::~SimSession() {
    for (auto* line : lines_) line->open = false;
}

// ---- the relay's thread ----

SimSession::Partition& SimSession::partitionOf(int topic, int number) {
    for (auto& partition : partitions_)
        if (partition->topic == topic && partition->number == number) return *partition;
    partitions_.push_back(std::make_unique<Partition>());
    partitions_.back()->topic = topic;
    partitions_.back()->number = number;
    return *partitions_.back();
}

scheduler::ProduceResult SimSession::produce(const scheduler::OutboxRecord& record,
                                             scheduler::DeliveryToken token) {
    if (fatal_ && !broken_) {
        broken_ = true;
        giveUp();
    }
    if (broken_) return {Kind::broken, {}};
    if (sink_.refuses(record.id)) {
        sink_.db_.judge().guilty(record.id);
        return {Kind::refused, {}};
    }
    const auto& facts = sink_.db_.judge().facts(record.id);
    const auto partitions = sink_.layout(facts.topic);
    if (partitions == 0) return {Kind::not_ready, {}};
    // A key must not be on its way to two partitions.
    auto& spread = spread_[facts.topic];
    if (spread != partitions && busy(facts.topic)) return {Kind::not_ready, {}};
    spread = partitions;
    if (outstanding_ >= sink_.limits_.queue) return {Kind::full, {}};

    using State = Partition::State;
    auto& partition = partitionOf(facts.topic, Judge::partitionOf(facts.key, partitions));
    ++outstanding_;
    if (partition.state == State::opening || !partition.held.empty()) {
        partition.held.push_back({record.id, token});
    } else {
        partition.queue.push_back({record.id, token});
        if (partition.state == State::fresh && depth_ == 1) partition.state = State::opening;
    }
    return {};
}

bool SimSession::busy(int topic) const {
    return std::ranges::any_of(partitions_, [&](const auto& one) {
        return one->topic == topic && !(one->held.empty() && one->queue.empty() && one->batches.empty());
    });
}

void SimSession::poll(std::vector<scheduler::DeliveryReport>& reports) {
    for (auto most = dice_.between(1, 40); most > 0 && !served_.empty(); --most) {
        const auto report = served_.front();
        served_.pop_front();
        --outstanding_;
        reports.push_back({report.item.token, report.outcome, {}});
        auto& partition = *partitions_[report.partition];
        if (report.outcome == Outcome::delivered) {
            partition.state = Partition::State::open;
            if (!broken_) std::ranges::move(partition.held, std::back_inserter(partition.queue));
            if (!broken_) partition.held.clear();
        } else if (!broken_ && sink_.mutant_ != Mutant::gapless_off) {
            broken_ = true;
            giveUp();
        }
    }
    if (fatal_ && !broken_ && served_.empty()) {
        broken_ = true;
        giveUp();
    }
}

void SimSession::purge() {
    broken_ = true;
    giveUp();
}

// What is queued is never sent; what is on the wire may land. Their reports follow.
void SimSession::giveUp() {
    fatal_ = true;
    for (std::size_t i = 0; i < partitions_.size(); ++i) {
        auto& partition = *partitions_[i];
        for (const auto& batch : partition.batches)
            for (const auto& item : batch.items) served_.push_back({item, i, Outcome::failed});
        for (const auto& item : partition.queue) served_.push_back({item, i, Outcome::failed});
        for (const auto& item : partition.held) served_.push_back({item, i, Outcome::failed});
        partition.batches.clear();
        partition.queue.clear();
        partition.held.clear();
    }
}

// ---- the client's thread ----

bool SimSession::work() {
    if (fatal_) return false;
    const auto first = dice_.roll(lines_.size());
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        const auto broker = (first + i) % lines_.size();
        if (receive(broker) || (!fatal_ && send(broker))) return true;
    }
    return false;
}

bool SimSession::receive(std::size_t broker) {
    auto& responses = lines_[broker]->responses;
    if (responses.empty()) return false;
    const auto response = responses.front();
    responses.pop_front();
    --inFlight_[broker];
    auto& partition = partitionOf(response.topic, response.partition);
    switch (response.result) {
    case Response::Result::appended: finish(partition, Outcome::delivered); break;
    case Response::Result::refused:
        finish(partition, Outcome::refused_by_rule);
        if (sink_.mutant_ == Mutant::gapless_off) { // what follows is numbered anew
            ++epoch_;
            for (auto& other : partitions_) other->next = 0;
        } else {
            fatal_ = true;
        }
        break;
    case Response::Result::out_of_order:
        finish(partition, Outcome::failed);
        fatal_ = true;
        break;
    }
    return true;
}

void SimSession::finish(Partition& partition, Outcome outcome) {
    const auto index = static_cast<std::size_t>(
        std::ranges::find_if(partitions_, [&](const auto& one) { return one.get() == &partition; }) -
        partitions_.begin());
    for (const auto& item : partition.batches.front().items) served_.push_back({item, index, outcome});
    partition.batches.pop_front();
}

bool SimSession::send(std::size_t broker) {
    if (inFlight_[broker] >= depth_) return false;
    const auto transmit = [&](Partition& partition, Batch& batch) {
        Request request{partition.topic, partition.number, producer_, epoch_, batch.sequence, {}};
        for (const auto& item : batch.items) request.records.push_back(item.id);
        lines_[broker]->requests.push_back(std::move(request));
        batch.sent = true;
        ++inFlight_[broker];
        return true;
    };
    const auto first = partitions_.empty() ? 0 : dice_.roll(partitions_.size());
    for (std::size_t i = 0; i < partitions_.size(); ++i) {
        auto& partition = *partitions_[(first + i) % partitions_.size()];
        if (static_cast<std::size_t>(sink_.kafka_.brokerOf(partition.number)) != broker) continue;
        for (auto& batch : partition.batches)
            if (!batch.sent) return transmit(partition, batch); // again, after the connection broke
        if (partition.queue.empty()) continue;
        auto& batch = partition.batches.emplace_back();
        batch.sequence = partition.next;
        while (!partition.queue.empty() && batch.items.size() < batchSize_) {
            batch.items.push_back(partition.queue.front());
            partition.queue.pop_front();
        }
        partition.next += static_cast<std::int64_t>(batch.items.size());
        return transmit(partition, batch);
    }
    return false;
}

void SimSession::reset(int broker) {
    const auto index = static_cast<std::size_t>(broker);
    lines_[index]->open = false;
    lines_[index] = sink_.kafka_.connect(broker);
    inFlight_[index] = 0;
    for (auto& partition : partitions_) {
        if (sink_.kafka_.brokerOf(partition->number) != broker) continue;
        for (auto& batch : partition->batches) batch.sent = false;
    }
}

// ---- what a node knows of topics ----

void SimSink::refresh() {
    paused_ = db_.paused();
    for (auto& [topic, partitions] : pins_) partitions = db_.pinned(topic);
}

int SimSink::layout(int topic) {
    if (mutant_ == Mutant::unpinned_partitions) {
        if (db_.pinned(topic) == 0) db_.pin(topic, kafka_.partitions(topic));
        return kafka_.partitions(topic);
    }
    auto& pin = pins_[topic];
    if (pin != 0 && !dice_.oneIn(100)) return pin;
    if (!kafka_.allUp()) return pin; // known facts stay in use
    if (db_.pinned(topic) == 0) db_.pin(topic, kafka_.partitions(topic));
    return pin = db_.pinned(topic);
}

} // namespace outboxd::simulation
