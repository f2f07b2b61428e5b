#include "ctl/commands.hpp"

#include <fmt/format.h>
#include <rapidjson/pointer.h>

namespace outboxd::ctl {

namespace {

using Form = Column::Form;

View viewOf(const Options& options) {
    const auto& selection = options.selection;
    const auto limit = std::to_string(options.limit);
    switch (options.command) {
    case Command::outbox_list:
        return {"outbox/held",
                {{"key", selection.key},
                 {"type", selection.type},
                 {"aggregateType", selection.aggregateType},
                 {"error", selection.error},
                 {"since", selection.since},
                 {"limit", limit},
                 {"cursor", options.cursor}},
                {{"KEY", "key"},
                 {"LANE", "lane"},
                 {"HEAD", "head"},
                 {"STATE", "state"},
                 {"TYPE", "type"},
                 {"BEHIND", "behind"},
                 {"SINCE", "since", Form::time},
                 {"ERROR", "error"}},
                "nothing is held"};
    case Command::topic_list:
        return {"topics",
                {},
                {{"TOPIC", "topic"},
                 {"PARTITIONS", "partitions"},
                 {"PENDING", "pending"},
                 {"PAUSED", "paused"},
                 {"BY", "pausedBy"},
                 {"SINCE", "pausedSince", Form::time},
                 {"ORDER", "changeOrderId"},
                 {"PHASE", "phase"},
                 {"REASON", "reason"}},
                "no topic was used yet"};
    case Command::nodes:
        return {"nodes",
                {},
                {{"NODE", "name"},
                 {"ALIVE", "alive"},
                 {"LANES", "lanes"},
                 {"ROLES", "roles"},
                 {"VERSION", "version"},
                 {"STARTED", "startedAt", Form::time},
                 {"HEARTBEAT", "heartbeat", Form::time}},
                "no node has been started yet"};
    case Command::leases:
        return {
            "leases",
            {},
            {{"LOCK", "name"}, {"VALID", "valid"}, {"UNTIL", "lockUntil", Form::time}, {"HOLDER", "holder"}},
            "no lock was ever taken"};
    default:
        return {"audit",
                {{"action", options.action}, {"limit", limit}, {"cursor", options.cursor}},
                {{"ORDER", "id"},
                 {"AT", "at", Form::time},
                 {"WHO", "actor"},
                 {"ACTION", "action"},
                 {"STEPS", "steps"},
                 {"SUBJECT", "subject"}},
                "nothing was ordered"};
    }
}

ExitCode show(const Options& options, Node& node, Terminal& terminal) {
    const auto answer = node.get(fmt::format("outbox/events/{}", options.id));
    if (const auto* failure = std::get_if<Failure>(&answer)) return failed(*failure, terminal);
    const auto& reply = std::get<Reply>(answer);
    if (options.json) {
        terminal.out << reply.text << '\n';
    } else {
        terminal.out << cardOf(reply.json, {{"id", "id"},
                                            {"event id", "eventId"},
                                            {"state", "state"},
                                            {"error", "error"},
                                            {"attempts", "attempts"},
                                            {"held since", "heldSince"},
                                            {"topic", "topic"},
                                            {"key", "key"},
                                            {"lane", "lane"},
                                            {"type", "type"},
                                            {"aggregate", "aggregateType"},
                                            {"aggregate id", "aggregateId"},
                                            {"created", "createdAt"},
                                            {"payload bytes", "payloadBytes"},
                                            {"headers", "headers"}});
    }
    return ExitCode::ok;
}

ExitCode status(const Options& options, Node& node, Terminal& terminal) {
    const auto answer = node.get("outbox/summary");
    if (const auto* failure = std::get_if<Failure>(&answer)) return failed(*failure, terminal);
    const auto& reply = std::get<Reply>(answer);
    if (options.json) {
        terminal.out << reply.text << '\n';
        return ExitCode::ok;
    }
    terminal.out << cardOf(reply.json, {{"pending", "pending"},
                                        {"oldest", "oldestPendingMs", Form::age},
                                        {"failed", "failed"},
                                        {"parked", "parked"},
                                        {"paused", "paused"}});
    const auto* kinds = rapidjson::Pointer("/kinds").Get(reply.json);
    if (kinds && kinds->IsArray() && !kinds->Empty()) {
        terminal.out << '\n'
                     << tableOf(*kinds, {{"TOPIC", "topic"},
                                         {"TYPE", "type"},
                                         {"PENDING", "pending"},
                                         {"OLDEST", "oldestPendingMs", Form::age}});
        const auto* complete = rapidjson::Pointer("/kindsComplete").Get(reply.json);
        if (complete && !complete->GetBool()) terminal.out << "of the first 20,000 pending events\n";
    }
    if (const auto* lanes = rapidjson::Pointer("/lanes").Get(reply.json); lanes && lanes->IsArray()) {
        terminal.out << '\n'
                     << tableOf(*lanes, {{"LANE", "lane"},
                                         {"PENDING", "pending"},
                                         {"OLDEST", "oldestPendingMs", Form::age},
                                         {"BLOCKED", "blockedKeys"},
                                         {"CRASHES", "crashes"},
                                         {"OWNER", "owner"}});
    }
    return ExitCode::ok;
}

} // namespace

ExitCode failed(const Failure& failure, Terminal& terminal) {
    terminal.errors << failure.text;
    return failure.code;
}

ExitCode showList(const View& view, const Options& options, Node& node, Terminal& terminal) {
    const auto answer = node.get(view.path, view.query);
    if (const auto* failure = std::get_if<Failure>(&answer)) return failed(*failure, terminal);
    const auto& reply = std::get<Reply>(answer);
    if (options.json) {
        terminal.out << reply.text << '\n';
        return ExitCode::ok;
    }
    const auto* items = rapidjson::Pointer("/items").Get(reply.json);
    if (!items || !items->IsArray() || items->Empty()) {
        terminal.out << view.empty << '\n';
        return ExitCode::ok;
    }
    terminal.out << tableOf(*items, view.columns);
    const auto* next = rapidjson::Pointer("/nextCursor").Get(reply.json);
    if (next && next->IsString()) terminal.out << fmt::format("more: --cursor {}\n", next->GetString());
    return ExitCode::ok;
}

ExitCode run(const Options& options, Node& node, Terminal& terminal) {
    switch (options.command) {
    case Command::status: return status(options, node, terminal);
    case Command::outbox_list:
    case Command::topic_list:
    case Command::nodes:
    case Command::leases:
    case Command::audit: return showList(viewOf(options), options, node, terminal);
    case Command::outbox_show: return show(options, node, terminal);
    case Command::orders_show: return showOrder(options, node, terminal, options.id);
    case Command::completion: terminal.out << bashCompletion(); return ExitCode::ok;
    case Command::outbox_redrive:
    case Command::outbox_discard:
    case Command::outbox_republish:
    case Command::topic_pause:
    case Command::topic_resume:
    case Command::topic_repartition: return order(options, node, terminal);
    case Command::letters_list:
    case Command::letters_groups:
    case Command::letters_show:
    case Command::letters_retry:
    case Command::letters_discard: return deadLetters(options, node, terminal);
    case Command::jobs_list:
    case Command::jobs_show:
    case Command::jobs_history:
    case Command::jobs_pause:
    case Command::jobs_resume:
    case Command::jobs_run: return jobs(options, node, terminal);
    case Command::reconcile:
    case Command::reconcile_list:
    case Command::reconcile_show:
    case Command::reconcile_cancel: return reconcile(options, node, terminal);
    }
    return ExitCode::defect;
}

} // namespace outboxd::ctl
