// Command line, signals and systemd, without the daemon around them.
#include "daemon/options.hpp"
#include "daemon/signals.hpp"
#include "daemon/watchdog.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_logger.hpp"
#include "tests/support/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace outboxd;
using namespace outboxd::daemon;
using namespace std::chrono_literals;

namespace {

Options understood(const std::vector<std::string>& arguments) {
    return std::get<Options>(parseOptions(arguments));
}
Answer answered(const std::vector<std::string>& arguments) {
    return std::get<Answer>(parseOptions(arguments));
}

// What systemd is for the tests: a datagram socket that keeps what it is sent.
class Systemd {
public:
    // `address` as in $NOTIFY_SOCKET.
    explicit Systemd(std::string address)
        : address_(std::move(address)), socket_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un here{};
        here.sun_family = AF_UNIX;
        std::copy(address_.begin(), address_.end(), here.sun_path);
        if (address_.front() == '@') here.sun_path[0] = '\0';
        const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
        BOOST_REQUIRE(bind(socket_, reinterpret_cast<const sockaddr*>(&here), length) == 0);
    }
    ~Systemd() { close(socket_); }
    const std::string& address() const { return address_; }

    // The next message; "" if there is none.
    std::string heard() {
        std::array<char, 4096> buffer;
        const auto count = recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
        return count > 0 ? std::string{buffer.data(), static_cast<std::size_t>(count)} : "";
    }

private:
    std::string address_;
    int socket_;
};

struct Host {
    testing::TemporaryFolder folder;
    testing::MemoryLogger logger;
    testing::ManualClock clock;
    core::ProgressMonitor progress{clock};
};

// How a child ended that ran `work`.
template <class Work> int statusOf(Work&& work) {
    const auto child = fork();
    if (child == 0) {
        work();
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return status;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(daemon_suite, Host)

BOOST_AUTO_TEST_CASE(commands_and_the_file_are_understood_in_any_order) {
    BOOST_TEST((understood({"serve"}).command == Command::serve));
    BOOST_TEST(understood({"serve"}).config == "/etc/outboxd/outboxd.yaml");
    BOOST_TEST((understood({"migrate", "--config", "a.yaml"}).command == Command::migrate));
    BOOST_TEST(understood({"--config", "a.yaml", "migrate"}).config == "a.yaml");
    BOOST_TEST(understood({"serve", "--config=b.yaml"}).config == "b.yaml");
    BOOST_TEST((understood({"audit", "--config", "a.yaml"}).command == Command::audit));
    BOOST_TEST((understood({"version"}).command == Command::version));
    BOOST_TEST((understood({"check-config"}).print == Print::nothing));
    BOOST_TEST((understood({"check-config", "--show"}).print == Print::effective));
    BOOST_TEST((understood({"check-config", "--print-settings-md"}).print == Print::settings_md));
    BOOST_TEST((understood({"check-config", "--print-yaml"}).print == Print::example_yaml));
}

BOOST_AUTO_TEST_CASE(help_goes_to_the_output_with_success) {
    BOOST_TEST((answered({"--help"}).code == ExitCode::ok));
    BOOST_TEST(answered({"--help"}).text.find("check-config") != std::string::npos);
    BOOST_TEST((answered({"check-config", "--help"}).code == ExitCode::ok));
    BOOST_TEST(answered({"check-config", "--help"}).text.find("--show") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_wrong_command_line_is_answered_with_what_was_meant) {
    const auto says = [](const std::vector<std::string>& arguments, const std::string& words) {
        const auto answer = answered(arguments);
        BOOST_TEST((answer.code == ExitCode::usage));
        BOOST_TEST(answer.text.find(words) != std::string::npos, answer.text);
    };
    says({"srve"}, "unknown command 'srve'; did you mean serve?");
    says({"check_config", "--config", "x"}, "unknown command 'check_config'; did you mean check-config?");
    says({"serve", "--confg", "x"}, "unknown option '--confg'; did you mean --config?");
    says({"serve", "now"}, "unexpected 'now' after 'serve'");
    says({"check-config", "--sow"}, "did you mean --show?");
    says({"api-key"}, "name is required");
    says({"api-key", "a", "--user", "1", "--admin"}, "--user excludes --admin");
    says({"serve", "--show"}, "unknown option '--show'");
    says({"serve", "--config"}, "--config");
    says({"check-config", "--show", "--print-yaml"}, "outboxd --help");
    says({"serve", "migrate"}, "outboxd --help");
    says({}, "no command given");
}

BOOST_AUTO_TEST_CASE(exit_codes_tell_mistakes_from_trouble_that_passes) {
    BOOST_TEST((exitCodeFor(core::ErrorKind::misconfigured) == ExitCode::configuration));
    BOOST_TEST((exitCodeFor(core::ErrorKind::unavailable) == ExitCode::unavailable));
    BOOST_TEST((exitCodeFor(core::ErrorKind::timeout) == ExitCode::try_again));
    BOOST_TEST((exitCodeFor(core::ErrorKind::internal) == ExitCode::defect));
    BOOST_TEST(
        failureText({core::ErrorKind::misconfigured, "wrong password", "set database.password_file"}) ==
        "outboxd: wrong password\n  next step: set database.password_file\n");
}

BOOST_AUTO_TEST_CASE(signals_become_values_in_their_turn) {
    Signals signals;
    BOOST_TEST(!signals.wait(0ms).has_value());
    raise(SIGHUP);
    BOOST_TEST((signals.wait(0ms) == Signal::reload));
    raise(SIGTERM);
    BOOST_TEST((signals.wait(0ms) == Signal::stop));
    raise(SIGINT);
    BOOST_TEST((signals.wait(0ms) == Signal::stop));
    BOOST_TEST(!signals.wait(0ms).has_value());
    raise(SIGPIPE); // ignored: the test goes on
}

BOOST_AUTO_TEST_CASE(what_was_not_waited_for_does_not_kill_at_the_end) {
    const auto status = statusOf([] {
        const Signals signals;
        raise(SIGTERM);
    });
    BOOST_TEST((WIFEXITED(status) && WEXITSTATUS(status) == 0));
}

BOOST_AUTO_TEST_CASE(a_second_stop_while_draining_ends_the_process_at_once) {
    for (const int number : {SIGTERM, SIGINT}) {
        const auto status = statusOf([number] {
            signal(SIGINT, SIG_IGN); // as a background job of a shell inherits it
            Signals signals;
            raise(SIGTERM);
            if (signals.wait(0ms) != Signal::stop) _exit(3);
            signals.letNextStopKill();
            raise(SIGHUP); // a reload still does not
            raise(number);
        });
        BOOST_TEST((WIFSIGNALED(status) && WTERMSIG(status) == number));
    }
}

BOOST_AUTO_TEST_CASE(systemd_hears_each_state) {
    for (const auto& address :
         {(folder.path() / "notify").string(), "@outboxd-test-" + folder.path().filename().string()}) {
        Systemd systemd{address};
        Notifier notifier{systemd.address(), logger};
        notifier.ready("4 lanes\nREADY=0");
        BOOST_TEST(systemd.heard() ==
                   "READY=1\nSTATUS=4 lanes READY=0"); // a status cannot smuggle an assignment in
        notifier.status("busy");
        BOOST_TEST(systemd.heard() == "STATUS=busy");
        notifier.reloading();
        BOOST_TEST(systemd.heard().starts_with("RELOADING=1\nMONOTONIC_USEC="));
        notifier.extendTimeout(3s);
        BOOST_TEST(systemd.heard() == "EXTEND_TIMEOUT_USEC=3000000");
        notifier.watchdog();
        BOOST_TEST(systemd.heard() == "WATCHDOG=1");
        notifier.stopping("draining");
        BOOST_TEST(systemd.heard() == "STOPPING=1\nSTATUS=draining");
        BOOST_TEST(systemd.heard() == "");
    }
    BOOST_TEST(logger.lines().empty());
}

BOOST_AUTO_TEST_CASE(without_systemd_nothing_is_sent_or_logged) {
    Notifier notifier{"", logger};
    notifier.ready("up");
    BOOST_TEST(logger.lines().empty());
}

BOOST_AUTO_TEST_CASE(a_socket_that_does_not_answer_is_logged_once) {
    Notifier notifier{(folder.path() / "nobody").string(), logger};
    notifier.ready("up");
    notifier.watchdog();
    BOOST_REQUIRE(logger.lines().size() == 1u);
    BOOST_TEST(logger.lines()[0].ends_with("error=No such file or directory"));
    Notifier endless{std::string(500, 'x'), logger};
    endless.ready("up");
    BOOST_TEST(logger.lines().back().ends_with("error=File name too long"));
}

BOOST_AUTO_TEST_CASE(the_watchdog_is_fed_only_while_every_loop_moves) {
    Systemd systemd{(folder.path() / "notify").string()};
    Notifier notifier{systemd.address(), logger};
    Watchdog watchdog{notifier, progress, logger, 4s};
    const auto relay = progress.watch("relay", 1s);
    const auto jobs = progress.watch("jobs", 1s);
    watchdog.tick();
    BOOST_TEST(systemd.heard() == "WATCHDOG=1");
    clock.advance(1001ms);
    jobs->beat();
    watchdog.tick();
    watchdog.tick();
    BOOST_TEST(systemd.heard() == "");
    BOOST_TEST((logger.lines() == std::vector<std::string>{"loops_stuck loops=relay"})); // once
    relay->beat();
    watchdog.tick();
    BOOST_TEST(systemd.heard() == "WATCHDOG=1");
    BOOST_TEST(logger.saw("loops_move_again"));
}

BOOST_AUTO_TEST_CASE(the_watchdog_is_fed_twice_as_often_as_systemd_demands) {
    Notifier notifier{"", logger};
    BOOST_TEST((Watchdog{notifier, progress, logger, 500ms}.pause() == 250ms));
    BOOST_TEST((Watchdog{notifier, progress, logger, 1h}.pause() == 1s));
    BOOST_TEST((Watchdog{notifier, progress, logger, std::nullopt}.pause() == 1s));
}

BOOST_AUTO_TEST_CASE(the_watchdogs_limit_is_taken_only_when_it_is_meant_for_this_process) {
    const auto own = std::to_string(getpid());
    BOOST_TEST((watchdogLimit({{"WATCHDOG_USEC", "2000000"}}) == std::chrono::microseconds{2s}));
    BOOST_TEST((watchdogLimit({{"WATCHDOG_USEC", "2000000"}, {"WATCHDOG_PID", own}}) ==
                std::chrono::microseconds{2s}));
    BOOST_TEST(!watchdogLimit({{"WATCHDOG_USEC", "2000000"}, {"WATCHDOG_PID", "1"}}).has_value());
    BOOST_TEST(!watchdogLimit({{"WATCHDOG_USEC", "soon"}}).has_value());
    BOOST_TEST(!watchdogLimit({}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
