// The command line's tree: groups, and leaves that are commands. Each subject adds its own, in options.cpp or
// options_*.cpp. Internal to ctl.
#pragma once

#include "ctl/options.hpp"

#include <CLI/CLI.hpp>

#include <utility>

namespace outboxd::ctl {

class OptionTree {
public:
    // `options` is where the leaves write what was given; it must outlive the tree.
    explicit OptionTree(Options& target) : options(target) {
        app.require_subcommand(0, 1);
        app.fallthrough();
    }

    CLI::App& group(CLI::App& above, const char* name, const char* what) {
        auto& made = *above.add_subcommand(name, what);
        made.require_subcommand(0, 1);
        made.fallthrough();
        return made;
    }
    CLI::App& leaf(CLI::App& above, const char* name, const char* what, Command command) {
        auto& made = *above.add_subcommand(name, what);
        made.fallthrough();
        leaves_.emplace_back(&made, command);
        return made;
    }
    // A group that is a command by itself, too; said after its own leaves.
    void command(CLI::App& group, Command command) { leaves_.emplace_back(&group, command); }
    // For a list that comes in pages.
    void paged(CLI::App& list) {
        list.add_option("--limit", options.limit, "Lines at most")
            ->check(CLI::Range(1, 100))
            ->capture_default_str();
        list.add_option("--cursor", options.cursor, "Where the page before ended")->type_name("CURSOR");
    }

    std::optional<Command> chosen() const {
        for (const auto& [leaf, command] : leaves_)
            if (leaf->parsed()) return command;
        return std::nullopt;
    }
    // The deepest that was named.
    CLI::App& deepest() {
        auto* at = &app;
        for (auto next = at->get_subcommands(); !next.empty(); next = at->get_subcommands())
            at = next.front();
        return *at;
    }

    Options& options;
    CLI::App app{"outboxctl: looks into an outbox and gives its relay orders.", "outboxctl"};

private:
    std::vector<std::pair<CLI::App*, Command>> leaves_;
};

// ---- the subjects with files of their own ----
void addJobs(OptionTree& tree);
void addDeadLetters(OptionTree& tree);
// What only several options together can get wrong.
std::optional<std::string> letterMistake(const Options& options);
void addReconcile(OptionTree& tree);

} // namespace outboxd::ctl
