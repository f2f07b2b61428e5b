#include "ctl/commands.hpp"

#include <fmt/format.h>
#include <rapidjson/pointer.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <optional>

namespace outboxd::ctl {

namespace {

using Form = Column::Form;
using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

const rapidjson::Value* at(const Reply& reply, const char* pointer) {
    const auto* value = rapidjson::Pointer(pointer).Get(reply.json);
    return value && !value->IsNull() ? value : nullptr;
}

std::int64_t numberAt(const Reply& reply, const char* pointer) {
    const auto* value = at(reply, pointer);
    return value && value->IsInt64() ? value->GetInt64() : 0;
}

Node::Query filterOf(const Options& options) {
    const auto& selection = options.selection;
    return {{"listener", options.listener}, {"state", options.state},  {"type", selection.type},
            {"topic", options.topic},       {"key", selection.key},    {"fingerprint", options.fingerprint},
            {"error", selection.error},     {"since", selection.since}};
}

ExitCode list(const Options& options, Node& node, Terminal& terminal) {
    auto query = filterOf(options);
    query.emplace_back("limit", std::to_string(options.limit));
    query.emplace_back("cursor", options.cursor);
    return showList({"dead-letters",
                     std::move(query),
                     {{"LETTER", "id"},
                      {"LISTENER", "listener"},
                      {"STATE", "state"},
                      {"KEY", "key"},
                      {"TYPE", "type"},
                      {"ATTEMPTS", "attempts"},
                      {"NEXT", "nextAttemptAt", Form::time},
                      {"SINCE", "firstAt", Form::time},
                      {"ERROR", "error"}},
                     "there are no such dead letters"},
                    options, node, terminal);
}

ExitCode groups(const Options& options, Node& node, Terminal& terminal) {
    return showList({"dead-letters/groups",
                     filterOf(options),
                     {{"LISTENER", "listener"},
                      {"FINGERPRINT", "fingerprint"},
                      {"LETTERS", "letters"},
                      {"HELD", "held"},
                      {"SINCE", "firstAt", Form::time},
                      {"LAST", "lastAt", Form::time},
                      {"EXAMPLE", "example"},
                      {"ERROR", "error"}},
                     "there are no such dead letters"},
                    options, node, terminal);
}

// The member itself, or what stands for it if it is no text.
Column textOr(const Reply& reply, const char* title, const char* member) {
    const auto encoded = std::string{member} + "Base64";
    if (at(reply, ("/" + encoded).c_str())) return {fmt::format("{} in base64", title), encoded};
    return {title, member};
}

ExitCode show(const Options& options, Node& node, Terminal& terminal) {
    const auto answer = node.get(fmt::format("dead-letters/{}", options.id));
    if (const auto* failure = std::get_if<Failure>(&answer)) return failed(*failure, terminal);
    const auto& reply = std::get<Reply>(answer);
    if (options.json) {
        terminal.out << reply.text << '\n';
        return ExitCode::ok;
    }
    terminal.out << cardOf(reply.json, {{"letter", "id"},
                                        {"listener", "listener"},
                                        {"state", "state"},
                                        {"error", "error"},
                                        {"fingerprint", "fingerprint"},
                                        {"attempts", "attempts"},
                                        {"retries", "retries"},
                                        {"next attempt", "nextAttemptAt"},
                                        {"first at", "firstAt"},
                                        {"last at", "lastAt"},
                                        {"parked behind it", "behind"},
                                        {"topic", "topic"},
                                        {"partition", "partition"},
                                        {"offset", "offset"},
                                        textOr(reply, "key", "key"),
                                        {"event id", "eventId"},
                                        {"sequence", "sequence"},
                                        {"type", "type"},
                                        {"payload bytes", "payloadBytes"},
                                        textOr(reply, "payload", "payload")});
    if (const auto* cut = at(reply, "/payloadCut"); cut && cut->GetBool())
        terminal.out << "of the payload only the beginning is shown; all of it is in the topic\n";
    const auto* headers = at(reply, "/headers");
    if (!headers) {
        terminal.out << "the headers are too large to be shown\n";
        return ExitCode::ok;
    }
    if (!headers->Empty())
        terminal.out << '\n'
                     << tableOf(*headers,
                                {{"HEADER", "name"}, {"VALUE", "value"}, {"IN BASE64", "valueBase64"}});
    return ExitCode::ok;
}

// Where an order goes on, and up to which letter; both are empty for ids.
struct Place {
    std::optional<std::int64_t> after = {}, upTo = {};
};

std::string bodyOf(const Options& options, const Place& place, bool dryRun) {
    rapidjson::StringBuffer buffer;
    Writer writer(buffer);
    const auto member = [&](const std::string& name, const std::string& text) {
        if (text.empty()) return;
        writer.Key(name.c_str());
        writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
    };
    const auto number = [&](const char* name, const std::optional<std::int64_t>& value) {
        if (!value) return;
        writer.Key(name);
        writer.Int64(*value);
    };
    writer.StartObject();
    if (!options.selection.ids.empty()) {
        writer.Key("ids");
        writer.StartArray();
        for (const auto id : options.selection.ids) writer.Int64(id);
        writer.EndArray();
    } else {
        writer.Key("filter");
        writer.StartObject();
        for (const auto& [name, text] : filterOf(options)) member(name, text);
        writer.EndObject();
        number("after", place.after);
        number("upTo", place.upTo);
    }
    member("reason", options.reason);
    writer.Key("dryRun");
    writer.Bool(dryRun);
    writer.EndObject();
    return buffer.GetString();
}

std::string consequence(const Options& options, std::int64_t letters) {
    const auto counted = fmt::format("{} dead letter{}", letters, letters == 1 ? "" : "s");
    if (options.command == Command::letters_retry) return fmt::format("tries {} again now", counted);
    return fmt::format("gives {} up for good", counted);
}

void sayPassedOver(const Reply& reply, Terminal& terminal) {
    const auto say = [&](const char* pointer, const char* why) {
        const auto* ids = at(reply, pointer);
        if (!ids || !ids->IsArray() || ids->Empty()) return;
        terminal.errors << "outboxctl: passed over, since they " << why << ':';
        for (const auto& id : ids->GetArray()) terminal.errors << ' ' << id.GetInt64();
        terminal.errors << '\n';
    };
    say("/notFound", "are not there");
    say("/parked", "wait for an earlier one of their key");
}

std::string pathOf(const Options& options) {
    return options.command == Command::letters_retry ? "dead-letters/retry" : "dead-letters/discard";
}

// Says what the order would do, and asks. Empty: go on, to no more letters than were counted.
std::optional<ExitCode> ask(const Options& options, Place& place, Node& node, Terminal& terminal) {
    const auto dry = node.post(pathOf(options), bodyOf(options, place, true));
    if (const auto* failure = std::get_if<Failure>(&dry)) return failed(*failure, terminal);
    const auto& reply = std::get<Reply>(dry);
    const auto letters = numberAt(reply, "/letters");
    const auto what = consequence(options, letters);
    if (options.dryRun) {
        terminal.out << (options.json ? reply.text : fmt::format("This {}.", what)) << '\n';
        sayPassedOver(reply, terminal);
        return ExitCode::ok;
    }
    if (letters > 0 && !terminal.person) {
        terminal.errors << "outboxctl: nobody can be asked whether to go on: this " << what
                        << "\n  next step: the same with --yes\n";
        return ExitCode::usage;
    }
    if (letters > 0 && !confirmed(what, terminal)) {
        terminal.errors << "outboxctl: nothing was done\n";
        return ExitCode::refused;
    }
    if (at(reply, "/upTo")) place.upTo = numberAt(reply, "/upTo");
    return std::nullopt;
}

ExitCode give(const Options& options, Node& node, Terminal& terminal) {
    Place place;
    if (!options.yes || options.dryRun)
        if (const auto end = ask(options, place, node, terminal)) return *end;
    std::int64_t letters = 0, orders = 0;
    do { // a node answers after some thousand letters, so that no answer takes long
        const auto answer = node.post(pathOf(options), bodyOf(options, place, false));
        if (const auto* failure = std::get_if<Failure>(&answer)) {
            if (letters > 0) terminal.errors << fmt::format("outboxctl: {} were done before this\n", letters);
            return failed(*failure, terminal);
        }
        const auto& reply = std::get<Reply>(answer);
        if (options.json) terminal.out << reply.text << '\n';
        sayPassedOver(reply, terminal);
        letters += numberAt(reply, "/letters");
        if (const auto* lines = at(reply, "/orderIds"); lines && lines->IsArray()) orders += lines->Size();
        place = {};
        if (at(reply, "/next")) place = {numberAt(reply, "/next"), numberAt(reply, "/upTo")};
    } while (place.after);
    if (options.json) return ExitCode::ok;
    terminal.out << (letters == 0 ? "nothing to do\n"
                                  : fmt::format("done: this {}; lines in the audit log: {}\n",
                                                consequence(options, letters), orders));
    return ExitCode::ok;
}

} // namespace

ExitCode deadLetters(const Options& options, Node& node, Terminal& terminal) {
    switch (options.command) {
    case Command::letters_list: return list(options, node, terminal);
    case Command::letters_groups: return groups(options, node, terminal);
    case Command::letters_show: return show(options, node, terminal);
    default: return give(options, node, terminal);
    }
}

} // namespace outboxd::ctl
