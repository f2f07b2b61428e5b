#include "daemon/options.hpp"

#include "platform/core/nearest.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace outboxd::daemon {
namespace {

const std::vector<std::string> kCommands{"serve",  "migrate", "check-config", "audit",
                                         "verify", "api-key", "version"};

Answer wrong(const std::string& what) {
    return {ExitCode::usage, fmt::format("outboxd: {}\n  next step: outboxd --help\n", what)};
}

std::vector<std::string> optionNames(const CLI::App& app) {
    std::vector<std::string> names;
    for (const auto* option : app.get_options()) names.push_back("--" + option->get_single_name());
    return names;
}

// What was left over is an unknown command, an unknown option, or one word too many.
Answer wrongWord(const CLI::App& app, const std::vector<std::string>& left) {
    const auto& word = left.front();
    const auto chosen = app.get_subcommands();
    if (word.starts_with('-')) {
        auto names = optionNames(app);
        for (const auto* command : chosen) {
            for (auto& name : optionNames(*command)) names.push_back(std::move(name));
        }
        return wrong(fmt::format("unknown option '{}'{}", word,
                                 core::suggestion(word.substr(0, word.find('=')), names)));
    }
    if (chosen.empty())
        return wrong(fmt::format("unknown command '{}'{}", word, core::suggestion(word, kCommands)));
    return wrong(fmt::format("unexpected '{}' after '{}'", word, chosen.front()->get_name()));
}

} // namespace

std::variant<Options, Answer> parseOptions(const std::vector<std::string>& arguments) {
    Options options;
    CLI::App app{"outboxd: a commerce backend and outbox relay.", "outboxd"};
    app.footer(
        "Exit status: 0 success, 1 the audit, verify or the online check found something, 64 wrong command line, 69 a service cannot be reached, 70 a defect,\n"
        "75 try again later, 77 refused by the operating system, 78 wrong configuration.");
    app.fallthrough(); // --config may stand before or after the command
    std::string config = options.config.string();
    app.add_option("-c,--config", config, "Configuration file")->capture_default_str()->type_name("FILE");
    app.require_subcommand(0, 1);

    app.add_subcommand("serve", "Run in the foreground until SIGTERM; SIGHUP reloads the configuration");
    app.add_subcommand("migrate", "Bring the database to the version that this program needs, then exit");
    auto& check = *app.add_subcommand("check-config", "Report every mistake in the configuration, then exit");
    bool effective = false;
    bool settingsMd = false;
    bool exampleYaml = false;
    auto* show = check.add_flag("--show", effective,
                                "Print the values in force and where each came from, without secrets");
    auto* reference = check.add_flag("--print-settings-md", settingsMd,
                                     "Print the reference of all settings (docs/settings.md)");
    auto* example = check.add_flag("--print-yaml", exampleYaml,
                                   "Print a file with every setting and its default (etc/outboxd.yaml)");
    check
        .add_flag("--online", options.online,
                  "Also ask the database and Kafka whether they are set up so that the promises hold")
        ->excludes(show)
        ->excludes(reference)
        ->excludes(example);
    show->excludes(reference)->excludes(example);
    reference->excludes(example);
    app.add_subcommand("audit", "Report where the shop's tables do not agree with each other, then exit");
    auto& verify = *app.add_subcommand(
        "verify", "Compare the events that were sent with what stands in their topics, then exit");
    verify.add_option("--topics", options.verify.topics, "Full names of topics")
        ->required()
        ->delimiter(',')
        ->type_name("TOPIC,...");
    auto* since =
        verify
            .add_option("--since", options.verify.since, "Events created then or later: 2026-11-21T09:00:00Z")
            ->type_name("TIME");
    verify.add_option("--from-id", options.verify.fromId, "Events from this id on")
        ->type_name("ID")
        ->check(CLI::PositiveNumber)
        ->excludes(since);
    verify.add_flag("--json", options.verify.json, "Print the verdict as JSON");
    verify.add_flag("--republish-lost", options.verify.republishLost,
                    "Order that lost events are sent once more");
    auto& apiKey =
        *app.add_subcommand("api-key", "Make an API key: print it once, and the line for auth.api_keys_file");
    apiKey.add_option("name", options.apiKey.name, "Who will use it")->required()->type_name("NAME");
    apiKey.add_option("--user", options.apiKey.user, "The one user it may act for; else it acts for all")
        ->type_name("ID");
    apiKey.add_flag("--admin", options.apiKey.admin, "With the rights of an administrator")
        ->excludes("--user");
    app.add_subcommand("version", "Print the version, then exit");

    try {
        std::vector<std::string> reversed(arguments.rbegin(), arguments.rend()); // as CLI11 wants it
        app.parse(std::move(reversed));
    } catch (const CLI::CallForHelp&) {
        const auto chosen = app.get_subcommands();
        return Answer{ExitCode::ok, chosen.empty() ? app.help() : chosen.front()->help()};
    } catch (const CLI::ExtrasError&) {
        return wrongWord(app, app.remaining(true));
    } catch (const CLI::ParseError& error) {
        return wrong(error.what());
    }
    const auto chosen = app.get_subcommands();
    if (chosen.empty()) return Answer{ExitCode::usage, "outboxd: no command given\n\n" + app.help()};
    const auto place = std::find(kCommands.begin(), kCommands.end(), chosen.front()->get_name());
    options.command = static_cast<Command>(place - kCommands.begin());
    options.config = config;
    if (effective) options.print = Print::effective;
    if (settingsMd) options.print = Print::settings_md;
    if (exampleYaml) options.print = Print::example_yaml;
    return options;
}

} // namespace outboxd::daemon
