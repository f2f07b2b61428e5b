// Desks that remember what was ordered and answer what the test put there.
#pragma once

#include "scheduler/topic_care.hpp"
#include "scheduler/topic_desk.hpp"

#include <algorithm>
#include <map>

namespace outboxd::testing {

class FakeOutboxDesk final : public scheduler::OutboxDesk {
public:
    scheduler::OutboxFigures figures() override { return shown; }
    scheduler::DeskList<scheduler::BlockedKey> blocked(const scheduler::HeldFilter& filter,
                                                       const scheduler::DeskPage& page) override {
        asked = filter;
        askedPage = page;
        return held;
    }
    std::optional<scheduler::EventView> event(std::int64_t id) override {
        if (id != 7) return std::nullopt;
        return scheduler::EventView{.id = 7, .eventId = "e", .state = "FAILED", .payloadBytes = 12};
    }
    std::vector<scheduler::NodeView> nodes() override {
        return {{.name = "n-1", .alive = true, .lanes = 16}};
    }
    std::vector<scheduler::LeaseView> leases() override {
        return {{.name = "outbox-lane-00", .valid = true}};
    }
    scheduler::DeskList<scheduler::AuditEntry> audit(const std::optional<std::string>& action,
                                                     const scheduler::DeskPage&) override {
        scheduler::AuditEntry entry{.id = 5, .action = action.value_or("any"), .detail = R"({"reason":"x"})"};
        return {{entry}, 5};
    }
    scheduler::OrderAnswer redrive(const scheduler::Redrive& order) override {
        redrives.push_back(order);
        return answer;
    }
    scheduler::OrderAnswer discard(const scheduler::Discard& order) override {
        discards.push_back(order);
        return answer;
    }
    scheduler::OrderAnswer republish(const scheduler::Republish& order) override {
        republishes.push_back(order);
        return answer;
    }
    std::optional<scheduler::OrderProgress> order(std::int64_t id) override {
        if (id != 9) return std::nullopt;
        return scheduler::OrderProgress{
            .order = {.id = 9, .detail = "{}", .steps = 3}, .done = 2, .pending = 1};
    }

    scheduler::OutboxFigures shown;
    scheduler::DeskList<scheduler::BlockedKey> held;
    scheduler::HeldFilter asked;
    scheduler::DeskPage askedPage;
    scheduler::OrderAnswer answer = scheduler::OrderTaken{9, 3, 4, {}};
    std::vector<scheduler::Redrive> redrives;
    std::vector<scheduler::Discard> discards;
    std::vector<scheduler::Republish> republishes;
};

// Changes of topics in memory; owners do their commands when the test says so.
class FakeTopicDesk final : public scheduler::TopicDesk {
public:
    using Phase = scheduler::TopicChange::Phase;

    std::vector<scheduler::TopicView> topics() override { return {{.topic = "orders", .partitions = 8}}; }
    std::vector<std::string> pausedBy(const std::string& actor) override {
        return actor == scheduler::kTopicCare ? setAside : std::vector<std::string>{"of " + actor};
    }
    scheduler::TopicAnswer pause(const std::string& topic, const scheduler::OrderTerms& terms) override {
        ordered.push_back("pause " + topic + " by " + terms.actor);
        return answer;
    }
    scheduler::TopicAnswer resume(const std::string& topic, const scheduler::OrderTerms&) override {
        ordered.push_back("resume " + topic);
        return answer;
    }
    scheduler::TopicAnswer repartition(const scheduler::Repartition& order) override {
        ordered.push_back("repartition " + order.topic + " " + std::to_string(order.partitions));
        return answer;
    }
    std::vector<scheduler::TopicChange> open() override {
        std::vector<scheduler::TopicChange> found;
        std::ranges::copy_if(changes, std::back_inserter(found), [](const auto& change) {
            return change.phase != Phase::done && change.phase != Phase::failed;
        });
        return found;
    }
    bool advance(const scheduler::Term&, const scheduler::TopicChange& change, Phase next) override {
        for (auto& one : changes) {
            if (one.order != change.order || one.phase != change.phase) continue;
            one.phase = next;
            if (next == Phase::spread || next == Phase::release) one.stepsLeft = scheduler::kLanes;
            return true;
        }
        return false;
    }
    void note(const scheduler::Term&, const scheduler::TopicChange& change,
              const std::optional<std::string>& trouble) override {
        for (auto& one : changes)
            if (one.order == change.order) one.trouble = trouble;
    }
    void ownersFinish() {
        for (auto& change : changes) change.stepsLeft = 0;
    }

    scheduler::TopicAnswer answer = scheduler::OrderTaken{9, 16, 0, {}};
    std::vector<std::string> ordered, setAside;
    std::vector<scheduler::TopicChange> changes;
};

class FakeTopicReadiness final : public scheduler::TopicReadiness {
public:
    std::vector<std::string> unready() const override { return suspects; }
    Answer look(const std::string& topic) override { return answers.at(topic); }

    std::vector<std::string> suspects;
    std::map<std::string, Answer> answers;
};

class FakeTopicCluster final : public scheduler::TopicCluster {
public:
    Shape shape(const std::string&) override {
        if (away) throw core::Error(core::ErrorKind::unavailable, "no broker answers");
        return now;
    }
    void grow(const std::string&, int total) override {
        if (refuses) throw core::Error(core::ErrorKind::misconfigured, "not authorised");
        now.partitions = total;
    }
    void goDown() { away = true; }
    void comeBack() { away = false; }

    Shape now{8, 0};
    bool away = false, refuses = false;
};

} // namespace outboxd::testing
