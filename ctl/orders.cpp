#include "ctl/commands.hpp"
#include "ctl/table.hpp"

#include <fmt/format.h>
#include <rapidjson/pointer.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <chrono>
#include <istream>
#include <thread>

namespace outboxd::ctl {

namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

constexpr std::chrono::milliseconds kLook{200}; // between two looks at an order that is waited for

void member(Writer& writer, const char* name, const std::string& text) {
    if (text.empty()) return;
    writer.Key(name);
    writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void list(Writer& writer, const char* name, const std::vector<std::string>& texts) {
    if (texts.empty()) return;
    writer.Key(name);
    writer.StartArray();
    for (const auto& text : texts) writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
    writer.EndArray();
}

void ids(Writer& writer, const std::vector<std::int64_t>& numbers) {
    writer.Key("ids");
    writer.StartArray();
    for (const auto number : numbers) writer.Int64(number);
    writer.EndArray();
}

void selection(Writer& writer, const Selection& selection) {
    if (!selection.ids.empty()) return ids(writer, selection.ids);
    if (!selection.key.empty() && !selection.filters()) return member(writer, "key", selection.key);
    writer.Key("filter");
    writer.StartObject();
    member(writer, "key", selection.key);
    member(writer, "type", selection.type);
    member(writer, "aggregateType", selection.aggregateType);
    member(writer, "error", selection.error);
    member(writer, "since", selection.since);
    writer.EndObject();
}

std::string bodyOf(const Options& options, bool dryRun) {
    rapidjson::StringBuffer buffer;
    Writer writer(buffer);
    writer.StartObject();
    switch (options.command) {
    case Command::outbox_discard:
        if (options.wholeKeys) {
            writer.Key("wholeKeys");
            writer.Bool(true);
        }
        [[fallthrough]];
    case Command::outbox_redrive: selection(writer, options.selection); break;
    case Command::outbox_republish:
        if (!options.selection.ids.empty()) {
            ids(writer, options.selection.ids);
            break;
        }
        member(writer, "from", options.from);
        member(writer, "to", options.to);
        list(writer, "types", options.types);
        list(writer, "aggregateTypes", options.aggregateTypes);
        break;
    case Command::topic_repartition:
        writer.Key("partitions");
        writer.Int(options.partitions);
        writer.Key("grow");
        writer.Bool(options.grow);
        break;
    default: break;
    }
    if (options.rate) {
        writer.Key("rate");
        writer.Int(*options.rate);
    }
    member(writer, "reason", options.reason);
    writer.Key("dryRun");
    writer.Bool(dryRun);
    writer.EndObject();
    return buffer.GetString();
}

std::string pathOf(const Options& options) {
    switch (options.command) {
    case Command::outbox_redrive: return "outbox/redrive";
    case Command::outbox_discard: return "outbox/discard";
    case Command::outbox_republish: return "outbox/republish";
    case Command::topic_pause: return "topics/" + percentEncoded(options.topic) + "/pause";
    case Command::topic_resume: return "topics/" + percentEncoded(options.topic) + "/resume";
    default: return "topics/" + percentEncoded(options.topic) + "/repartition";
    }
}

std::int64_t numberAt(const Reply& reply, const char* pointer) {
    const auto* value = rapidjson::Pointer(pointer).Get(reply.json);
    return value && value->IsInt64() ? value->GetInt64() : 0;
}

// What the order does, as a sentence that a person can say yes to.
std::string consequence(const Options& options, const Reply& dry) {
    const auto steps = numberAt(dry, "/steps"), events = numberAt(dry, "/events");
    const auto counted = [](std::int64_t number, const char* what) {
        return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
    };
    switch (options.command) {
    case Command::outbox_redrive:
        return fmt::format("returns {} of {} to the queue", counted(events, "held event"),
                           counted(steps, "key"));
    case Command::outbox_discard: return fmt::format("gives {} up for good", counted(events, "held event"));
    case Command::outbox_republish:
        return fmt::format("sends {} once more, in {}", counted(events, "event"), counted(steps, "step"));
    case Command::topic_pause: return "holds back all events that go to " + options.topic;
    case Command::topic_resume: return "sends what was held back of " + options.topic + ", in order";
    default:
        return fmt::format(
            "pauses {0}, spreads its keys over {1} partitions and resumes it; keys move to other "
            "partitions, so consumers must have read {0} to its end",
            options.topic, options.partitions);
    }
}

void sayMissing(const Reply& reply, Terminal& terminal) {
    const auto* missing = rapidjson::Pointer("/notFound").Get(reply.json);
    if (!missing || !missing->IsArray() || missing->Empty()) return;
    terminal.errors << "outboxctl: passed over, since they are not there, or not held or sent:";
    for (const auto& id : missing->GetArray()) terminal.errors << ' ' << id.GetInt64();
    terminal.errors << '\n';
}

} // namespace

bool confirmed(const std::string& what, Terminal& terminal) {
    terminal.errors << "This " << what << ". Go on? [y/N] " << std::flush;
    std::string answer;
    std::getline(terminal.in, answer);
    return answer == "y" || answer == "Y" || answer == "yes";
}

ExitCode order(const Options& options, Node& node, Terminal& terminal) {
    const bool onTopic = options.command == Command::topic_pause ||
                         options.command == Command::topic_resume ||
                         options.command == Command::topic_repartition;
    if (!options.yes) {
        const auto dry = node.post(pathOf(options), bodyOf(options, true));
        if (const auto* failure = std::get_if<Failure>(&dry)) {
            terminal.errors << failure->text;
            return failure->code;
        }
        const auto& reply = std::get<Reply>(dry);
        if (options.dryRun) {
            if (options.json) {
                terminal.out << reply.text << '\n';
            } else {
                terminal.out << "This " << consequence(options, reply) << ".\n";
            }
            sayMissing(reply, terminal);
            return ExitCode::ok;
        }
        if (onTopic || numberAt(reply, "/steps") > 0) {
            if (!terminal.person) {
                terminal.errors << "outboxctl: nobody can be asked whether to go on: this "
                                << consequence(options, reply) << "\n  next step: the same with --yes\n";
                return ExitCode::usage;
            }
            if (!confirmed(consequence(options, reply), terminal)) {
                terminal.errors << "outboxctl: nothing was done\n";
                return ExitCode::refused;
            }
        }
    }
    const auto answer = node.post(pathOf(options), bodyOf(options, false));
    if (const auto* failure = std::get_if<Failure>(&answer)) {
        terminal.errors << failure->text;
        return failure->code;
    }
    const auto& taken = std::get<Reply>(answer);
    sayMissing(taken, terminal);
    const auto id = numberAt(taken, "/orderId");
    if (id != 0 && options.wait) return showOrder(options, node, terminal, id);
    if (options.json) {
        terminal.out << taken.text << '\n';
    } else if (id == 0) {
        terminal.out << "nothing to do\n";
    } else {
        terminal.out << fmt::format("order {}: {}\n  its progress: outboxctl orders show {}\n", id,
                                    consequence(options, taken), id);
    }
    return ExitCode::ok;
}

ExitCode showOrder(const Options& options, Node& node, Terminal& terminal, std::int64_t id) {
    for (;;) {
        const auto answer = node.get(fmt::format("outbox/orders/{}", id));
        if (const auto* failure = std::get_if<Failure>(&answer)) {
            terminal.errors << failure->text;
            return failure->code;
        }
        const auto& reply = std::get<Reply>(answer);
        const auto* finished = rapidjson::Pointer("/finished").Get(reply.json);
        if (options.wait && finished && !finished->GetBool()) {
            std::this_thread::sleep_for(kLook);
            continue;
        }
        if (options.json) {
            terminal.out << reply.text << '\n';
        } else {
            terminal.out << cardOf(reply.json, {{"order", "orderId"},
                                                {"action", "action"},
                                                {"subject", "subject"},
                                                {"by", "actor"},
                                                {"at", "at"},
                                                {"finished", "finished"},
                                                {"steps", "steps"},
                                                {"done", "done"},
                                                {"pending", "pending"},
                                                {"events", "affected"},
                                                {"next at", "nextAt"},
                                                {"phase", "phase"},
                                                {"trouble", "trouble"}});
        }
        const auto* phase = rapidjson::Pointer("/phase").Get(reply.json);
        const bool inVain = phase && phase->IsString() && std::string_view{phase->GetString()} == "FAILED";
        return inVain ? ExitCode::refused : ExitCode::ok;
    }
}

} // namespace outboxd::ctl
