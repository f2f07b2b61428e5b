#include "ctl/option_tree.hpp"
#include "platform/core/nearest.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace outboxd::ctl {

namespace {

constexpr const char* kFooter =
    "The node is asked on its admin port; --url and --token-file may also be given as OUTBOXCTL_URL and\n"
    "OUTBOXCTL_TOKEN_FILE. Orders show first what they would do and ask on a terminal; scripts say --yes.\n"
    "Exit status: 0 done, 1 refused or not confirmed, 64 wrong command line, 69 the node cannot be reached,\n"
    "70 a defect, 73 the output cannot be written, 75 try again later, 77 the token is missing or wrong.";

Answer wrong(const std::string& what, const std::string& next = "outboxctl --help") {
    return {ExitCode::usage, fmt::format("outboxctl: {}\n  next step: {}\n", what, next)};
}

// The tree with all that there is.
class Tree : public OptionTree {
public:
    explicit Tree(Options& target) : OptionTree(target), options_(target) {
        app.footer(kFooter);
        common();
        leaf(app, "status", "What waits, what is held, who relays", Command::status);
        outbox();
        topic();
        addDeadLetters(*this);
        addJobs(*this);
        addReconcile(*this);
        leaf(app, "nodes", "The nodes and their lanes", Command::nodes);
        leaf(app, "leases", "The locks of ShedLock's table", Command::leases);
        auto& audit = leaf(app, "audit", "What was ordered, newest first", Command::audit);
        audit.add_option("--action", options_.action, "Only these, such as outbox.redrive")
            ->type_name("ACTION");
        paged(audit);
        auto& orders = group(app, "orders", "Orders under way and done");
        auto& show = leaf(orders, "show", "How far an order is", Command::orders_show);
        show.add_option("id", options_.id, "The order")
            ->required()
            ->type_name("ORDER")
            ->check(CLI::PositiveNumber);
        show.add_flag("--wait", options_.wait, "Return when it is done");
        leaf(app, "completion", "Print the completion for bash: source <(outboxctl completion)",
             Command::completion);
    }

private:
    void common() {
        app.add_option("--url", options_.url, "The admin port of a node")
            ->capture_default_str()
            ->type_name("URL");
        app.add_option("--token-file", options_.tokenFile, "File with the token of admin.token_file")
            ->type_name("FILE");
        app.add_option("--ca-file", options_.caFile, "Certificates to trust for https, in PEM")
            ->type_name("FILE");
        app.add_option("--operator", options_.operatorName,
                       "Who orders, for the audit log; else user and host")
            ->type_name("NAME");
        app.add_flag("--json", options_.json, "Print what the node answers");
    }
    void order(CLI::App& app) {
        app.add_flag("--dry-run", options_.dryRun, "Say what would be done, and do nothing");
        app.add_flag("-y,--yes", options_.yes, "Do it without asking");
        app.add_flag("--wait", options_.wait, "Return when all of it is done");
        app.add_option("--reason", options_.reason, "For the audit log")->type_name("TEXT");
    }
    void filters(CLI::App& app) {
        auto& selection = options_.selection;
        app.add_option("--key", selection.key, "This order key")->type_name("KEY");
        app.add_option("--type", selection.type, "Keys whose first held event has this type")
            ->type_name("TYPE");
        app.add_option("--aggregate-type", selection.aggregateType, "The same of its aggregate type")
            ->type_name("TYPE");
        app.add_option("--error", selection.error, "Keys whose first held event has this in its error")
            ->type_name("TEXT");
        app.add_option("--since", selection.since, "Keys held since then or later: 2026-11-21T09:00:00Z")
            ->type_name("TIME");
    }
    void selects(CLI::App& app) {
        app.add_option("ids", options_.selection.ids, "Held events")
            ->type_name("EVENT")
            ->check(CLI::PositiveNumber);
        filters(app);
        app.add_flag("--all", options_.selection.all, "Everything that is held");
        app.add_option("--rate", options_.rate, "Keys a second; else all at once")
            ->check(CLI::Range(1, 1'000'000));
        order(app);
    }
    void outbox() {
        auto& outbox = group(app, "outbox", "Events that wait, are held or were sent");
        auto& list = leaf(outbox, "list", "The keys that are held, each by its first held event",
                          Command::outbox_list);
        filters(list);
        paged(list);
        auto& show = leaf(outbox, "show", "One event: where it is and why", Command::outbox_show);
        show.add_option("id", options_.id, "The event's id in outbox_event")
            ->required()
            ->type_name("EVENT")
            ->check(CLI::PositiveNumber);
        selects(
            leaf(outbox, "redrive", "Return all that is held of keys to the queue", Command::outbox_redrive));
        auto& discard =
            leaf(outbox, "discard", "Give held events up for good; what waited behind them goes on",
                 Command::outbox_discard);
        selects(discard);
        discard.add_flag("--whole-keys", options_.wholeKeys,
                         "All that is held of a key, not its first event alone");
        auto& republish = leaf(outbox, "republish", "Send events once more that were sent before",
                               Command::outbox_republish);
        republish.add_option("ids", options_.selection.ids, "Events")
            ->type_name("EVENT")
            ->check(CLI::PositiveNumber);
        republish.add_option("--from", options_.from, "Created then or later: 2026-11-21T09:00:00Z")
            ->type_name("TIME");
        republish.add_option("--to", options_.to, "Created before")->type_name("TIME");
        republish.add_option("--type", options_.types, "Of this type; may be given again")->type_name("TYPE");
        republish
            .add_option("--aggregate-type", options_.aggregateTypes,
                        "Of this aggregate type; may be given again")
            ->type_name("TYPE");
        republish.add_option("--rate", options_.rate, "Events a second; else all at once")
            ->check(CLI::Range(1, 1'000'000));
        order(republish);
    }
    void topic() {
        auto& topic = group(app, "topic", "Topics: pauses and partitions");
        leaf(topic, "list", "Topics, their pinned partitions and what waits for them", Command::topic_list);
        const auto named = [&](const char* name, const char* what, Command command) -> CLI::App& {
            auto& app = leaf(topic, name, what, command);
            app.add_option("topic", options_.topic, "Its full name")->required()->type_name("TOPIC");
            order(app);
            return app;
        };
        named("pause", "Hold back what goes to a topic", Command::topic_pause);
        named("resume", "Send what a pause held back", Command::topic_resume);
        auto& repartition = named(
            "repartition", "Spread keys over another number of partitions: pause, settle, change, resume",
            Command::topic_repartition);
        repartition.add_option("--partitions", options_.partitions, "The new number")
            ->required()
            ->check(CLI::Range(1, 10'000));
        repartition.add_flag("--grow", options_.grow, "Add the partitions that the broker lacks");
    }

    Options& options_;
};

std::vector<std::string> namesOf(const CLI::App& app) {
    std::vector<std::string> names;
    for (const auto* command : app.get_subcommands(nullptr)) names.push_back(command->get_name());
    return names;
}

std::vector<std::string> optionsOf(const CLI::App& app) {
    std::vector<std::string> names;
    for (const auto* option : app.get_options())
        for (const auto& name : option->get_lnames()) names.push_back("--" + name);
    return names;
}

std::string pathOf(CLI::App& app) {
    std::string path = app.get_name();
    for (auto* above = app.get_parent(); above; above = above->get_parent())
        path = above->get_name() + (path.empty() ? "" : " " + path);
    return path;
}

// The library puts the command's own name behind what it is given.
std::string helpOf(CLI::App& app) { return app.help(app.get_parent() ? pathOf(*app.get_parent()) : ""); }

// What was left over is an unknown command, an unknown option, or one word too many.
Answer wrongWord(Tree& tree, const std::string& word) {
    auto& at = tree.deepest();
    const auto help = pathOf(at) + " --help";
    if (word.starts_with('-')) {
        auto names = optionsOf(at);
        for (auto& name : optionsOf(tree.app)) names.push_back(std::move(name));
        return wrong(fmt::format("unknown option '{}'{}", word,
                                 core::suggestion(word.substr(0, word.find('=')), names)),
                     help);
    }
    const auto names = namesOf(at);
    if (names.empty()) return wrong(fmt::format("unexpected '{}' after '{}'", word, pathOf(at)), help);
    return wrong(fmt::format("unknown command '{}'{}", word, core::suggestion(word, names)), help);
}

// What only several options together can get wrong.
std::optional<std::string> mistakeIn(const Options& options) {
    const auto& selection = options.selection;
    const int ways = (selection.ids.empty() ? 0 : 1) + (selection.key.empty() ? 0 : 1) +
                     (selection.filters() ? 1 : 0) + (selection.all ? 1 : 0);
    switch (options.command) {
    case Command::outbox_discard:
        if (options.reason.empty() && !options.dryRun)
            return "a discard needs --reason: events are lost for good";
        if (options.wholeKeys && !selection.ids.empty())
            return "--whole-keys makes no sense with single events";
        [[fallthrough]];
    case Command::outbox_redrive:
        if (ways == 0) return "which events? Give their ids, --key, a filter such as --error, or --all";
        if (ways > 1 && !(selection.ids.empty() && !selection.all))
            return "give ids, or --key and filters, or --all, but not together";
        return std::nullopt;
    case Command::outbox_republish:
        if (selection.ids.empty() && (options.from.empty() || options.to.empty()))
            return "which events? Give their ids, or --from and --to";
        if (!selection.ids.empty() && !(options.from.empty() && options.to.empty() && options.types.empty() &&
                                        options.aggregateTypes.empty()))
            return "give ids, or a range of time, but not together";
        return std::nullopt;
    case Command::letters_retry:
    case Command::letters_discard: return letterMistake(options);
    default: return std::nullopt;
    }
}

} // namespace

std::variant<Options, Answer> parseOptions(const std::vector<std::string>& arguments,
                                           const std::map<std::string, std::string>& environment) {
    Options options;
    if (const auto url = environment.find("OUTBOXCTL_URL"); url != environment.end())
        options.url = url->second;
    if (const auto file = environment.find("OUTBOXCTL_TOKEN_FILE"); file != environment.end())
        options.tokenFile = file->second;
    Tree tree(options);
    try {
        std::vector<std::string> reversed(arguments.rbegin(), arguments.rend()); // as CLI11 wants it
        tree.app.parse(std::move(reversed));
    } catch (const CLI::CallForHelp&) {
        return Answer{ExitCode::ok, helpOf(tree.deepest())};
    } catch (const CLI::ExtrasError&) {
        return wrongWord(tree, tree.app.remaining(true).front());
    } catch (const CLI::ParseError& error) {
        return wrong(error.what(), pathOf(tree.deepest()) + " --help");
    }
    const auto command = tree.chosen();
    if (!command) {
        auto& at = tree.deepest();
        const auto what = &at == &tree.app ? "no command given" : "what about '" + pathOf(at) + "'?";
        return Answer{ExitCode::usage, fmt::format("outboxctl: {}\n\n{}", what, helpOf(at))};
    }
    options.command = *command;
    if (const auto mistake = mistakeIn(options)) return wrong(*mistake, pathOf(tree.deepest()) + " --help");
    return options;
}

std::string bashCompletion() {
    Options unused;
    Tree tree(unused);
    std::string cases;
    const auto add = [&](const std::string& path, const CLI::App& app) {
        std::string words;
        for (const auto& name : namesOf(app)) words += name + " ";
        for (const auto& name : optionsOf(app)) words += name + " ";
        cases += fmt::format("        '{}') words='{}' ;;\n", path, words);
    };
    add("", tree.app);
    for (const auto* command : tree.app.get_subcommands(nullptr)) {
        add(command->get_name(), *command);
        for (const auto* below : command->get_subcommands(nullptr))
            add(command->get_name() + " " + below->get_name(), *below);
    }
    return "_outboxctl() {\n    local path='' word words=''\n"
           "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
           "        case $word in -*) ;; *) path+=${path:+ }$word ;; esac\n    done\n"
           "    case $path in\n" +
           cases +
           "    esac\n    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\")\n}\n"
           "complete -F _outboxctl outboxctl\n";
}

} // namespace outboxd::ctl
