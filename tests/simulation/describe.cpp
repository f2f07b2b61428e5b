#include "tests/simulation/describe.hpp"

namespace outboxd::simulation {
namespace {

using namespace scheduler::relay;
using scheduler::DeliveryReport;
using scheduler::MarkResult;

template <class Range, class Name> std::string list(const Range& range, Name name) {
    std::string text = " [";
    for (const auto& item : range) text += (text.size() > 2 ? " " : "") + name(item);
    return text + "]";
}
std::string number(std::int64_t value) { return std::to_string(value); }
std::string held(const scheduler::HeldRecord& row) {
    using State = scheduler::HeldRecord::State;
    const auto* state = row.state == State::failed   ? "FAILED "
                        : row.state == State::parked ? "PARKED "
                                                     : "PAUSED ";
    return state + number(row.id);
}
std::string sent(const Outgoing& row) { return number(row.record.id); }
std::string command(const scheduler::LaneCommand& order) {
    constexpr const char* kinds[] = {"redrive ", "discard ", "republish ", "sync "};
    return kinds[static_cast<int>(order.kind)] + order.orderKey + "#" + number(order.id);
}
const char* result(MarkResult result) { return result == MarkResult::marked ? " done" : " LOST"; }
const char* mode(scheduler::SessionMode mode) {
    return mode == scheduler::SessionMode::solo ? " solo" : " bulk";
}
template <class Told> std::string lane(const Told& told) {
    if constexpr (requires { told.term; }) {
        return " lane " + number(told.term.lane);
    } else {
        return " lane " + number(told.lane);
    }
}

struct Words {
    std::string operator()(const Tick&) const { return "tick"; }
    std::string operator()(const Doorbell&) const { return "doorbell"; }
    std::string operator()(const LaneTaken& it) const {
        return "taken" + lane(it) + (it.care.careful ? " with care" : "") +
               (it.care.condemned ? " condemned " + number(*it.care.condemned) : "");
    }
    std::string operator()(const LaneLost& it) const { return "lost" + lane(it); }
    std::string operator()(const Probed& it) const {
        return "probed" + list(it.lanes, [](const auto& one) {
                   return number(one.lane) + ":" + number(one.lowest) + ".." + number(one.highest);
               });
    }
    std::string operator()(const ProbeFailed&) const { return "probe failed"; }
    std::string operator()(const LaneRead& it) const {
        return "read" + lane(it) + " up to " + number(it.batch.cursor) +
               list(it.batch.rows, [](const auto& row) {
                   return number(row.record.id) + (row.keyHeld ? "h" : "") + (row.paused ? "p" : "");
               });
    }
    std::string operator()(const ReadFailed& it) const { return "read failed" + lane(it); }
    std::string operator()(const Produced& it) const {
        constexpr const char* kinds[] = {"accepted", "full", "not ready", "refused", "broken"};
        return std::string("produced") + mode(it.mode) + lane(it) + " " +
               kinds[static_cast<int>(it.stop.kind)] + list(it.rest, sent);
    }
    std::string operator()(const Reported& it) const {
        return "reported" + list(it.reports, [](const DeliveryReport& report) {
                   constexpr const char* outcomes[] = {"", "failed", "refused"};
                   return "t" + std::to_string(report.token) + outcomes[static_cast<int>(report.outcome)];
               });
    }
    std::string operator()(const Marked& it) const { return "marked" + lane(it) + result(it.result); }
    std::string operator()(const MarkFailed& it) const { return "mark failed" + lane(it); }
    std::string operator()(const HandOver& it) const { return "hand over" + lane(it); }
    std::string operator()(const CommandsFound& it) const {
        return "found" + lane(it) + list(it.commands, command);
    }
    std::string operator()(const CommandsRun& it) const { return "ran" + lane(it) + result(it.result); }
    std::string operator()(const CommandsFailed& it) const { return "commands failed" + lane(it); }
    std::string operator()(const Noted& it) const { return "noted" + lane(it) + result(it.result); }
    std::string operator()(const NoteFailed& it) const { return "note failed" + lane(it); }
    std::string operator()(const Drain&) const { return "drain"; }
    std::string operator()(const DrainDeadline&) const { return "drain deadline"; }

    std::string operator()(const ProbeLanes&) const { return "PROBE"; }
    std::string operator()(const ReadLane& it) const {
        return "READ" + lane(it) + " after " + number(it.cursor) + " at most " + std::to_string(it.limit) +
               (it.known.allQueued ? " all queued" : "") + list(it.known.ids, number);
    }
    std::string operator()(const Produce& it) const {
        return std::string("PRODUCE") + mode(it.mode) + lane(it) + list(it.records, [](const Outgoing& row) {
                   return number(row.record.id) + "/t" + std::to_string(row.token);
               });
    }
    std::string operator()(const MarkLane& it) const {
        return "MARK" + lane(it) + list(it.settled, number) + list(it.held, held);
    }
    std::string operator()(const RunCommands& it) const {
        return "RUN" + lane(it) + list(it.commands, command);
    }
    std::string operator()(const NoteRow& it) const { return "NOTE" + lane(it) + " " + number(it.id); }
    std::string operator()(const OpenSession& it) const { return std::string("OPEN") + mode(it.mode); }
    std::string operator()(const PurgeSession& it) const { return std::string("PURGE") + mode(it.mode); }
    std::string operator()(const CloseSession& it) const { return std::string("CLOSE") + mode(it.mode); }
    std::string operator()(const ReleaseLane& it) const { return "RELEASE" + lane(it); }
};

} // namespace

std::string describe(const Event& event) { return std::visit(Words{}, event); }
std::string describe(const Action& action) { return std::visit(Words{}, action); }

} // namespace outboxd::simulation
