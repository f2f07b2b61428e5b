#include "ctl/option_tree.hpp"

namespace outboxd::ctl {

void addDeadLetters(OptionTree& tree) {
    auto& options = tree.options;
    auto& letters = tree.group(tree.app, "dead-letters", "Events that listeners could not work off");
    const auto filtered = [&](CLI::App& leaf) -> CLI::App& {
        auto& selection = options.selection;
        leaf.add_option("--listener", options.listener, "Of this listener")->type_name("NAME");
        leaf.add_option("--state", options.state,
                        "RETRY, HELD (waits for a person) or PARKED (behind another)")
            ->check(CLI::IsMember({"RETRY", "HELD", "PARKED"}))
            ->type_name("STATE");
        leaf.add_option("--type", selection.type, "Of this type of event")->type_name("TYPE");
        leaf.add_option("--topic", options.topic, "From this topic")->type_name("TOPIC");
        leaf.add_option("--key", selection.key, "With this key")->type_name("KEY");
        leaf.add_option("--fingerprint", options.fingerprint, "With this cause, see groups")
            ->type_name("HEX");
        leaf.add_option("--error", selection.error, "With this in the error")->type_name("TEXT");
        leaf.add_option("--since", selection.since, "Letters since then or later: 2026-11-21T09:00:00Z")
            ->type_name("TIME");
        return leaf;
    };
    const auto order = [&](const char* name, const char* what, Command command) {
        auto& leaf = filtered(tree.leaf(letters, name, what, command));
        leaf.add_option("ids", options.selection.ids, "Dead letters")
            ->type_name("LETTER")
            ->check(CLI::PositiveNumber);
        leaf.add_flag("--all", options.selection.all, "Every dead letter there is");
        leaf.add_flag("--dry-run", options.dryRun, "Say what would be done, and do nothing");
        leaf.add_flag("-y,--yes", options.yes, "Do it without asking");
        leaf.add_option("--reason", options.reason, "For the audit log")->type_name("TEXT");
    };
    tree.paged(filtered(tree.leaf(letters, "list", "Dead letters, the oldest first", Command::letters_list)));
    filtered(tree.leaf(letters, "groups", "Dead letters by their causes, the most frequent first",
                       Command::letters_groups));
    auto& show =
        tree.leaf(letters, "show", "One dead letter: its record and why it is one", Command::letters_show);
    show.add_option("id", options.id, "The dead letter")
        ->required()
        ->type_name("LETTER")
        ->check(CLI::PositiveNumber);
    order("retry", "Try dead letters again now, with all tries before them", Command::letters_retry);
    order("discard", "Give dead letters up for good; what was parked behind them goes on",
          Command::letters_discard);
}

std::optional<std::string> letterMistake(const Options& options) {
    const auto& selection = options.selection;
    const bool filtered = selection.filters() || !selection.key.empty() || !options.listener.empty() ||
                          !options.state.empty() || !options.topic.empty() || !options.fingerprint.empty();
    const int ways = (selection.ids.empty() ? 0 : 1) + (filtered ? 1 : 0) + (selection.all ? 1 : 0);
    if (ways == 0) return "which letters? Give their ids, a filter such as --fingerprint, or --all";
    if (ways > 1) return "give ids, or filters, or --all, but not together";
    if (options.command == Command::letters_discard && options.reason.empty() && !options.dryRun)
        return "a discard needs --reason: the listener never has these events";
    return std::nullopt;
}

} // namespace outboxd::ctl
