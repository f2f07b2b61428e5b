// outboxctl: command line to a node's admin port, answers to exit codes.
#include "ctl/commands.hpp"
#include "platform/config/reader.hpp"

#include <iostream>
#include <unistd.h>

using namespace outboxd;
using ctl::ExitCode;

int main(int argc, char** argv) {
    const auto parsed = ctl::parseOptions({argv + 1, argv + argc}, config::processEnvironment());
    if (const auto* answer = std::get_if<ctl::Answer>(&parsed)) {
        (answer->code == ExitCode::ok ? std::cout : std::cerr) << answer->text;
        return static_cast<int>(answer->code);
    }
    try {
        const core::SystemClock clock;
        const auto& options = std::get<ctl::Options>(parsed);
        ctl::Node node(options, clock);
        ctl::Terminal terminal{std::cout, std::cerr, isatty(STDIN_FILENO) == 1, std::cin};
        const auto code = run(options, node, terminal);
        std::cout.flush();
        return static_cast<int>(std::cout || code != ExitCode::ok ? code : ExitCode::no_output);
    } catch (const core::Error& error) {
        std::cerr << "outboxctl: " << error.what() << '\n';
        if (!error.hint().empty()) std::cerr << "  next step: " << error.hint() << '\n';
        const bool usage = error.kind() == core::ErrorKind::misconfigured;
        return static_cast<int>(usage ? ExitCode::usage : ExitCode::defect);
    } catch (const std::exception& error) {
        std::cerr << "outboxctl: " << error.what() << '\n';
        return static_cast<int>(ExitCode::defect);
    }
}
