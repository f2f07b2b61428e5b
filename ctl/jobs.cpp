#include "ctl/commands.hpp"

#include <fmt/format.h>
#include <rapidjson/pointer.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <chrono>
#include <thread>

namespace outboxd::ctl {

namespace {

using Form = Column::Form;

constexpr std::chrono::milliseconds kLook{200}; // between two looks at a run that is waited for

std::string pathOf(const Options& options, const char* what) {
    return "jobs/" + percentEncoded(options.job) + what;
}

const rapidjson::Value* at(const Reply& reply, const char* pointer) {
    const auto* value = rapidjson::Pointer(pointer).Get(reply.json);
    return value && !value->IsNull() ? value : nullptr;
}

std::string textAt(const Reply& reply, const char* pointer) {
    const auto* value = at(reply, pointer);
    return value && value->IsString() ? value->GetString() : "";
}

std::int64_t numberAt(const Reply& reply, const char* pointer) {
    const auto* value = at(reply, pointer);
    return value && value->IsInt64() ? value->GetInt64() : 0;
}

ExitCode list(const Options& options, Node& node, Terminal& terminal) {
    const auto answer = node.get("jobs");
    if (const auto* failure = std::get_if<Failure>(&answer)) return failed(*failure, terminal);
    const auto& reply = std::get<Reply>(answer);
    if (options.json) {
        terminal.out << reply.text << '\n';
        return ExitCode::ok;
    }
    const auto* items = at(reply, "/items");
    if (!items || !items->IsArray() || items->Empty()) {
        terminal.out << "no node has been started yet\n";
        return ExitCode::ok;
    }
    terminal.out << tableOf(*items, {{"JOB", "name"},
                                     {"RUNS", "words"},
                                     {"NEXT", "nextRun", Form::time},
                                     {"LAST", "lastStarted", Form::time},
                                     {"OUTCOME", "lastOutcome"},
                                     {"ON", "lastNode"},
                                     {"PAUSED BY", "pausedBy"},
                                     {"LOCKED BY", "holder"}});
    if (numberAt(reply, "/runners") == 0)
        terminal.out << "no living node has the role jobs: those with a lock do not run\n";
    return ExitCode::ok;
}

ExitCode show(const Options& options, Node& node, Terminal& terminal) {
    const auto answer = node.get(pathOf(options, ""));
    if (const auto* failure = std::get_if<Failure>(&answer)) return failed(*failure, terminal);
    const auto& reply = std::get<Reply>(answer);
    if (options.json) {
        terminal.out << reply.text << '\n';
        return ExitCode::ok;
    }
    terminal.out << cardOf(reply.json, {{"job", "name"},
                                        {"schedule", "schedule"},
                                        {"in words", "words"},
                                        {"time zone", "zone"},
                                        {"lock at most", "lockAtMostMs", Form::age},
                                        {"lock at least", "lockAtLeastMs", Form::age},
                                        {"on every node", "everyNode"},
                                        {"declared by", "declaredBy"},
                                        {"declared at", "declaredAt"},
                                        {"paused by", "pausedBy"},
                                        {"paused since", "pausedSince"},
                                        {"reason", "pauseReason"},
                                        {"run ordered by", "runAskedBy"},
                                        {"run ordered at", "runAskedAt"},
                                        {"locked by", "holder"},
                                        {"locked until", "heldUntil"},
                                        {"last outcome", "lastOutcome"},
                                        {"last node", "lastNode"},
                                        {"last term", "lastTerm"},
                                        {"last planned", "lastPlanned"},
                                        {"last started", "lastStarted"},
                                        {"last ended", "lastEnded"},
                                        {"last detail", "lastDetail"}});
    const auto* runs = at(reply, "/nextRuns");
    if (!runs || !runs->IsArray() || runs->Empty()) return ExitCode::ok;
    terminal.out << "\nnext runs\n";
    for (const auto& run : runs->GetArray()) terminal.out << "  " << run.GetString() << '\n';
    return ExitCode::ok;
}

ExitCode history(const Options& options, Node& node, Terminal& terminal) {
    return showList(
        {pathOf(options, "/history"),
         {{"outcome", options.outcome}, {"limit", std::to_string(options.limit)}, {"cursor", options.cursor}},
         {{"RUN", "id"},
          {"STARTED", "started", Form::time},
          {"ENDED", "ended", Form::time},
          {"OUTCOME", "outcome"},
          {"ON", "node"},
          {"ORDERED BY", "askedBy"},
          {"SKIPPED FOR", "skipReason"},
          {"HOLDER", "holder"},
          {"DETAIL", "detail"}},
         "no such run is remembered"},
        options, node, terminal);
}

// The run of the order, when it has ended.
ExitCode await(const Options& options, Node& node, Terminal& terminal, std::int64_t order) {
    for (;;) {
        const auto answer = node.get(pathOf(options, fmt::format("/orders/{}", order).c_str()));
        if (const auto* failure = std::get_if<Failure>(&answer)) return failed(*failure, terminal);
        const auto& reply = std::get<Reply>(answer);
        if (textAt(reply, "/state") != "ENDED") {
            std::this_thread::sleep_for(kLook);
            continue;
        }
        const auto outcome = textAt(reply, "/run/outcome");
        if (options.json) {
            terminal.out << reply.text << '\n';
        } else {
            const auto detail = textAt(reply, "/run/detail");
            terminal.out << fmt::format("{} on {}{}{}\n", outcome, textAt(reply, "/run/node"),
                                        detail.empty() ? "" : ": ", detail);
        }
        return outcome == "DONE" ? ExitCode::ok : ExitCode::refused;
    }
}

// What was done, or that it was so already.
std::string toldOf(const Options& options, const Reply& reply) {
    const auto* changed = at(reply, "/changed");
    const bool fresh = changed && changed->IsBool() && changed->GetBool();
    const auto order = numberAt(reply, "/orderId");
    switch (options.command) {
    case Command::jobs_pause:
        if (fresh)
            return fmt::format("order {}: {} is paused; a run that is under way ends", order, options.job);
        return fmt::format("{} is paused already, by {} since {}: {}", options.job,
                           textAt(reply, "/pausedBy"), textAt(reply, "/pausedSince"),
                           textAt(reply, "/pauseReason"));
    case Command::jobs_resume:
        return fresh ? fmt::format("order {}: {} runs again", order, options.job)
                     : fmt::format("{} is not paused", options.job);
    default:
        if (fresh) return fmt::format("order {}: {} runs as soon as a node comes to it", order, options.job);
        return fmt::format("a run of {} is ordered already, by {} at {}", options.job,
                           textAt(reply, "/runAskedBy"), textAt(reply, "/runAskedAt"));
    }
}

ExitCode change(const Options& options, Node& node, Terminal& terminal) {
    rapidjson::StringBuffer body;
    rapidjson::Writer<rapidjson::StringBuffer> writer(body);
    writer.StartObject();
    if (!options.reason.empty()) {
        writer.Key("reason");
        writer.String(options.reason.data(), static_cast<rapidjson::SizeType>(options.reason.size()));
    }
    writer.EndObject();
    const auto* verb = options.command == Command::jobs_pause    ? "/pause"
                       : options.command == Command::jobs_resume ? "/resume"
                                                                 : "/run";
    const auto answer = node.post(pathOf(options, verb), body.GetString());
    if (const auto* failure = std::get_if<Failure>(&answer)) return failed(*failure, terminal);
    const auto& reply = std::get<Reply>(answer);
    const auto order = numberAt(reply, "/orderId");
    if (options.wait && order != 0) return await(options, node, terminal, order);
    terminal.out << (options.json ? reply.text : toldOf(options, reply)) << '\n';
    return ExitCode::ok;
}

} // namespace

ExitCode jobs(const Options& options, Node& node, Terminal& terminal) {
    switch (options.command) {
    case Command::jobs_list: return list(options, node, terminal);
    case Command::jobs_show: return show(options, node, terminal);
    case Command::jobs_history: return history(options, node, terminal);
    default: return change(options, node, terminal);
    }
}

} // namespace outboxd::ctl
