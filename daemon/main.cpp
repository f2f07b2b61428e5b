// outboxd: command line to command, errors to exit codes.
#include "daemon/audit.hpp"
#include "daemon/check_config.hpp"
#include "daemon/configuration.hpp"
#include "daemon/online_check.hpp"
#include "daemon/options.hpp"
#include "daemon/serve.hpp"
#include "daemon/verify.hpp"
#include "platform/security/api_keys.hpp"

#include <iostream>

namespace {

using namespace outboxd;
using daemon::ExitCode;

ExitCode makeApiKey(const daemon::ApiKeyOrder& order) {
    const auto made = security::makeApiKey(order.name, order.user, order.admin);
    std::cout << "The key, which is shown this once:\n\n    " << made.key
              << "\n\nThe line for the file that auth.api_keys_file names; reload afterwards:\n\n    "
              << made.line << '\n';
    std::cout.flush();
    return std::cout ? ExitCode::ok : ExitCode::no_output;
}

ExitCode run(const daemon::Options& options) {
    const auto environment = config::processEnvironment();
    switch (options.command) {
    case daemon::Command::version: std::cout << "outboxd " OUTBOXD_VERSION "\n"; return ExitCode::ok;
    case daemon::Command::check_config: {
        const auto code = daemon::checkConfig(options, environment, std::cout, std::cerr);
        if (code != ExitCode::ok || !options.online) return code;
        return daemon::checkOnline(daemon::Configuration(options.config, environment), std::cout);
    }
    case daemon::Command::api_key: return makeApiKey(options.apiKey);
    default: break;
    }
    daemon::Configuration configuration(options.config, environment);
    if (!configuration.mistakes().empty()) {
        std::cerr << daemon::mistakesText(configuration.mistakes());
        return ExitCode::configuration;
    }
    if (options.command == daemon::Command::migrate) return daemon::migrate(configuration);
    if (options.command == daemon::Command::audit) return daemon::audit(configuration, std::cout);
    if (options.command == daemon::Command::verify)
        return daemon::verify(configuration, options.verify, std::cout);
    return daemon::serve(configuration, environment, OUTBOXD_VERSION);
}

} // namespace

int main(int argc, char** argv) {
    const auto parsed = daemon::parseOptions({argv + 1, argv + argc});
    if (const auto* answer = std::get_if<daemon::Answer>(&parsed)) {
        (answer->code == ExitCode::ok ? std::cout : std::cerr) << answer->text;
        return static_cast<int>(answer->code);
    }
    try {
        return static_cast<int>(run(std::get<daemon::Options>(parsed)));
    } catch (const core::Error& error) {
        std::cerr << daemon::failureText(error);
        return static_cast<int>(daemon::exitCodeFor(error.kind()));
    } catch (const std::exception& error) {
        std::cerr << "outboxd: " << error.what() << '\n';
        return static_cast<int>(ExitCode::defect);
    }
}
