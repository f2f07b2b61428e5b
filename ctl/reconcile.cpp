#include "ctl/commands.hpp"

#include <fmt/format.h>
#include <rapidjson/pointer.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <chrono>
#include <istream>
#include <thread>

namespace outboxd::ctl {

namespace {

using Form = Column::Form;

constexpr std::chrono::milliseconds kLook{200}; // between two looks at a run that is waited for

std::int64_t numberAt(const rapidjson::Value& json, const char* pointer) {
    const auto* value = rapidjson::Pointer(pointer).Get(json);
    return value && value->IsInt64() ? value->GetInt64() : 0;
}

std::string textAt(const rapidjson::Value& json, const char* pointer) {
    const auto* value = rapidjson::Pointer(pointer).Get(json);
    return value && value->IsString() ? value->GetString() : "";
}

std::string pathOf(std::int64_t run, const char* what = "") {
    return fmt::format("reconcile/runs/{}{}", run, what);
}

std::string bodyOf(const Options& options) {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    writer.StartObject();
    writer.Key("repair");
    writer.Bool(options.repair);
    writer.Key("dryRun");
    writer.Bool(options.dryRun);
    if (!options.checks.empty()) {
        writer.Key("checks");
        writer.StartArray();
        for (const auto& check : options.checks) writer.String(check.c_str());
        writer.EndArray();
    }
    if (!options.reason.empty()) {
        writer.Key("reason");
        writer.String(options.reason.c_str());
    }
    writer.EndObject();
    return buffer.GetString();
}

bool hasEnded(const rapidjson::Value& run) {
    const auto state = textAt(run, "/state");
    return state != "ASKED" && state != "RUNNING";
}

// Everything was looked at, and nothing is left to do.
bool isClean(const rapidjson::Value& run) {
    return textAt(run, "/state") == "DONE" && numberAt(run, "/found") == numberAt(run, "/repaired");
}

// What was found, check by check; not those that found nothing.
void printChecks(const rapidjson::Value& run, Terminal& terminal) {
    const auto* made = rapidjson::Pointer("/made").Get(run);
    if (!made || !made->IsArray()) return;
    rapidjson::Document some(rapidjson::kArrayType);
    for (const auto& check : made->GetArray()) {
        if (numberAt(check, "/found") == 0 && textAt(check, "/error").empty()) continue;
        some.PushBack(rapidjson::Value(check, some.GetAllocator()), some.GetAllocator());
    }
    if (!some.Empty())
        terminal.out << '\n'
                     << tableOf(some, {{"CHECK", "check"},
                                       {"FOUND", "found"},
                                       {"REPAIRED", "repaired"},
                                       {"NOT MADE TO ITS END", "error"}});
}

void printFindings(const rapidjson::Value& page, Terminal& terminal) {
    const auto* items = rapidjson::Pointer("/items").Get(page);
    if (!items || !items->IsArray() || items->Empty()) return;
    terminal.out << '\n';
    for (const auto& one : items->GetArray())
        terminal.out << fmt::format(
            "{}: {} {}: expected {}; found {}\n  {}: {}\n", cellOf(one, {"", "check"}),
            cellOf(one, {"", "subject"}), cellOf(one, {"", "id"}), cellOf(one, {"", "expected"}),
            cellOf(one, {"", "found"}), cellOf(one, {"", "verdict"}), cellOf(one, {"", "remedy"}));
    const auto next = textAt(page, "/nextCursor");
    if (!next.empty()) terminal.out << fmt::format("more: --cursor {}\n", next);
}

ExitCode show(const Options& options, Node& node, Terminal& terminal, std::int64_t id) {
    const auto answer = node.get(pathOf(id));
    if (const auto* failure = std::get_if<Failure>(&answer)) return failed(*failure, terminal);
    const auto found = node.get(pathOf(id, "/findings"),
                                {{"limit", std::to_string(options.limit)}, {"cursor", options.cursor}});
    if (const auto* failure = std::get_if<Failure>(&found)) return failed(*failure, terminal);
    const auto& run = std::get<Reply>(answer);
    const auto& findings = std::get<Reply>(found);
    if (options.json) {
        terminal.out << fmt::format("{{\"run\":{},\"findings\":{}}}\n", run.text, findings.text);
    } else {
        terminal.out << cardOf(run.json, {{"run", "runId"},
                                          {"mode", "mode"},
                                          {"state", "state"},
                                          {"asked by", "askedBy"},
                                          {"asked at", "askedAt"},
                                          {"reason", "reason"},
                                          {"made by", "node"},
                                          {"started", "startedAt"},
                                          {"ended", "endedAt"},
                                          {"cancelled by", "cancelledBy"},
                                          {"found", "found"},
                                          {"repaired", "repaired"}});
        printChecks(run.json, terminal);
        printFindings(findings.json, terminal);
    }
    if (!options.wait) return ExitCode::ok;
    return isClean(run.json) ? ExitCode::ok : ExitCode::refused;
}

ExitCode await(const Options& options, Node& node, Terminal& terminal, std::int64_t id) {
    for (;;) {
        const auto answer = node.get(pathOf(id));
        if (const auto* failure = std::get_if<Failure>(&answer)) return failed(*failure, terminal);
        if (hasEnded(std::get<Reply>(answer).json)) return show(options, node, terminal, id);
        std::this_thread::sleep_for(kLook);
    }
}

ExitCode start(const Options& options, Node& node, Terminal& terminal) {
    if (options.repair && !options.dryRun && !options.yes) {
        if (!terminal.person) {
            terminal.errors << "outboxctl: nobody can be asked whether to repair what is found\n"
                               "  next step: the same with --yes, or with --dry-run\n";
            return ExitCode::usage;
        }
        terminal.errors << "This repairs what is found and has one right answer. Go on? [y/N] " << std::flush;
        std::string said;
        std::getline(terminal.in, said);
        if (said != "y" && said != "Y" && said != "yes") {
            terminal.errors << "outboxctl: nothing was done\n";
            return ExitCode::refused;
        }
    }
    const auto answer = node.post("reconcile/runs", bodyOf(options));
    if (const auto* failure = std::get_if<Failure>(&answer)) return failed(*failure, terminal);
    const auto& asked = std::get<Reply>(answer);
    const auto id = numberAt(asked.json, "/runId");
    if (options.wait) return await(options, node, terminal, id);
    if (options.json) {
        terminal.out << asked.text << '\n';
    } else {
        terminal.out << fmt::format(
            "run {}: made as soon as a node comes to it\n  its findings: outboxctl reconcile show {}\n", id,
            id);
    }
    return ExitCode::ok;
}

ExitCode list(const Options& options, Node& node, Terminal& terminal) {
    return showList({"reconcile/runs",
                     {{"limit", std::to_string(options.limit)}, {"cursor", options.cursor}},
                     {{"RUN", "runId"},
                      {"MODE", "mode"},
                      {"STATE", "state"},
                      {"FOUND", "found"},
                      {"REPAIRED", "repaired"},
                      {"ASKED BY", "askedBy"},
                      {"ASKED", "askedAt", Form::time},
                      {"ENDED", "endedAt", Form::time}},
                     "no run was made yet"},
                    options, node, terminal);
}

ExitCode showLast(const Options& options, Node& node, Terminal& terminal) {
    const auto answer = node.get("reconcile/runs", {{"limit", "1"}});
    if (const auto* failure = std::get_if<Failure>(&answer)) return failed(*failure, terminal);
    const auto last = numberAt(std::get<Reply>(answer).json, "/items/0/runId");
    if (last != 0) return show(options, node, terminal, last);
    terminal.out << "no run was made yet\n";
    return ExitCode::ok;
}

ExitCode cancel(const Options& options, Node& node, Terminal& terminal) {
    const auto answer = node.post(pathOf(options.id, "/cancel"), "{}");
    if (const auto* failure = std::get_if<Failure>(&answer)) return failed(*failure, terminal);
    if (options.json) {
        terminal.out << std::get<Reply>(answer).text << '\n';
    } else {
        terminal.out << fmt::format("run {} ends at its next step\n", options.id);
    }
    return ExitCode::ok;
}

} // namespace

ExitCode reconcile(const Options& options, Node& node, Terminal& terminal) {
    switch (options.command) {
    case Command::reconcile_list: return list(options, node, terminal);
    case Command::reconcile_show:
        return options.id != 0 ? show(options, node, terminal, options.id)
                               : showLast(options, node, terminal);
    case Command::reconcile_cancel: return cancel(options, node, terminal);
    default: return start(options, node, terminal);
    }
}

} // namespace outboxd::ctl
