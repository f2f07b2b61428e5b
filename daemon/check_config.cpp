#include "daemon/check_config.hpp"

#include "daemon/configuration.hpp"
#include "daemon/jobs_text.hpp"
#include "platform/config/reference.hpp"

#include <fmt/format.h>

namespace outboxd::daemon {

std::string mistakesText(const std::vector<config::Mistake>& mistakes) {
    std::string text;
    for (const auto& mistake : mistakes) text += mistake.text() + "\n";
    return text +
           fmt::format(
               "outboxd: {} in the configuration\n  next step: correct {}, then outboxd check-config\n",
               mistakes.size() == 1 ? "one mistake" : fmt::format("{} mistakes", mistakes.size()),
               mistakes.size() == 1 ? "it" : "them");
}

ExitCode checkConfig(const Options& options, const config::Environment& environment, std::ostream& out,
                     std::ostream& errors) {
    if (options.print == Print::settings_md || options.print == Print::example_yaml) {
        Settings defaults;
        const auto schema = describe(defaults);
        out << (options.print == Print::settings_md ? config::settingsMarkdown(schema)
                                                    : config::exampleYaml(schema));
    } else {
        const Configuration configuration{options.config, environment};
        if (!configuration.mistakes().empty()) {
            errors << mistakesText(configuration.mistakes());
            return ExitCode::configuration;
        }
        if (options.print == Print::effective) {
            out << config::effectiveYaml(configuration.schema());
        } else {
            out << jobsText(configuration.settings(), core::SystemClock{}.today())
                << configuration.file().string() << ": no mistakes\n";
        }
    }
    out.flush();
    return out ? ExitCode::ok : ExitCode::no_output;
}

} // namespace outboxd::daemon
