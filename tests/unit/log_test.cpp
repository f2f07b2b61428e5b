#include "platform/log/line_logger.hpp"
#include "tests/support/manual_clock.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace outboxd;
using log::Form;

namespace {

std::string json(std::initializer_list<core::LogField> fields, std::string_view event = "paid") {
    const core::Timestamp time{std::chrono::sys_days{std::chrono::year{2026} / 1 / 2}};
    return formatLine(Form::json, {time, core::LogLevel::info, event, "n1"}, fields);
}

std::string text(std::initializer_list<core::LogField> fields) {
    const core::Timestamp time{std::chrono::sys_days{std::chrono::year{2026} / 1 / 2}};
    return formatLine(Form::text, {time, core::LogLevel::warning, "paid", "n1"}, fields);
}

const std::string kHead =
    R"({"time":"2026-01-02T00:00:00.000000Z","level":"info","event":"paid","node":"n1")";

class Pipe {
public:
    Pipe() { BOOST_REQUIRE(pipe2(ends_.data(), O_CLOEXEC) == 0); }
    ~Pipe() {
        closeReader();
        closeWriter();
    }
    int writer() const { return ends_[1]; }
    void closeReader() {
        if (ends_[0] >= 0) close(ends_[0]);
        ends_[0] = -1;
    }
    void closeWriter() {
        if (ends_[1] >= 0) close(ends_[1]);
        ends_[1] = -1;
    }
    // Waits until the writer is closed.
    std::string readToEnd() {
        std::string all;
        std::array<char, 65536> buffer;
        for (ssize_t count = 0; (count = read(ends_[0], buffer.data(), buffer.size())) > 0;) {
            all.append(buffer.data(), static_cast<std::size_t>(count));
        }
        return all;
    }
    // Everything that is in the pipe now.
    std::string drain() {
        fcntl(ends_[0], F_SETFL, O_NONBLOCK);
        return readToEnd();
    }

private:
    std::array<int, 2> ends_{-1, -1};
};

} // namespace

BOOST_AUTO_TEST_SUITE(log_suite)

BOOST_AUTO_TEST_CASE(a_json_line_has_the_head_then_the_fields) {
    BOOST_TEST(json({{"order", 7}, {"trace_id", "ab"}, {"late", true}, {"share", 0.5}}) ==
               kHead + R"(,"order":7,"trace_id":"ab","late":true,"share":0.5})" + "\n");
    BOOST_TEST(json({{"low", std::int64_t{-9223372036854775807 - 1}}, {"none", std::nan("")}}) ==
               kHead + R"(,"low":-9223372036854775808,"none":"nan"})" + "\n");
}

BOOST_AUTO_TEST_CASE(a_text_line_is_for_people) {
    BOOST_TEST(
        text({{"order", 7}, {"why", "no answer"}, {"empty", ""}, {"bare", "a:b/c"}}) ==
        "2026-01-02T00:00:00.000000Z WARN  paid order=7 why=\"no answer\" empty=\"\" bare=a:b/c node=n1\n");
}

BOOST_AUTO_TEST_CASE(a_field_cannot_forge_a_line_or_command_the_terminal) {
    const std::string evil = "x\n2026 ERROR forged\r\x1b[2J\x7f\xC2\x9B"
                             "2J\"\\";
    BOOST_TEST(json({{"name", evil}}) ==
               kHead + R"(,"name":"x\n2026 ERROR forged\u000d\u001b[2J\u007f\u009b2J\"\\"})" + "\n");
    BOOST_TEST(text({{"name", evil}}).find_first_of("\n\r\x1b\x7f") == text({{"name", evil}}).size() - 1);
    BOOST_TEST(json({}, "a\nb").find('\n') == json({}, "a\nb").size() - 1);
    BOOST_TEST(json({{"k\"\n", 1}}).ends_with(",\"k\\\"\\n\":1}\n"));
    BOOST_TEST(json({{"level", "x"}}).ends_with(",\"level_\":\"x\"}\n")); // never two keys of one name
}

BOOST_AUTO_TEST_CASE(bytes_that_are_not_utf8_are_replaced_one_by_one) {
    const std::string sign = "\xEF\xBF\xBD";
    const auto shown = [](const std::string& bytes) {
        const auto line = json({{"v", bytes}});
        return line.substr(kHead.size() + 6, line.size() - kHead.size() - 9);
    };
    BOOST_TEST(shown("\xE2\x82\xAC \xF0\x9F\x98\x80 \xC3\xA9") == "\xE2\x82\xAC \xF0\x9F\x98\x80 \xC3\xA9");
    BOOST_TEST(shown("a\xFF"
                     "b") == "a" + sign + "b");
    BOOST_TEST(shown("\xC0\xAF") == sign + sign);            // overlong
    BOOST_TEST(shown("\xED\xA0\x80") == sign + sign + sign); // a surrogate
    BOOST_TEST(shown("\xE2\x82") == sign + sign);            // cut off
    BOOST_TEST(shown("\xF4\x90\x80\x80") == sign + sign + sign + sign);
}

BOOST_AUTO_TEST_CASE(an_endless_text_is_cut) {
    const auto line = json({{"v", std::string(1'000'000, 'a')}});
    BOOST_TEST(line.size() < 9'000u);
    BOOST_TEST(line.ends_with("aaa...\"}\n"));
    const auto euros = json({{"v", "a" + std::string(9'000 / 3 * 3, '\0')}}); // escapes count after the cut
    BOOST_TEST(euros.ends_with("...\"}\n"));
    std::string wide;
    while (wide.size() < 9'000) wide += "\xE2\x82\xAC";
    BOOST_TEST(json({{"v", wide}}).find("\xEF\xBF\xBD") ==
               std::string::npos); // not in the middle of a character
}

BOOST_AUTO_TEST_CASE(lines_below_the_level_are_not_written_and_the_level_can_change) {
    testing::ManualClock clock;
    Pipe pipe;
    log::LineLogger logger{{pipe.writer(), Form::json, false}, "n1", core::LogLevel::info, clock};
    logger.debug("quiet");
    logger.info("heard");
    logger.setLevel(core::LogLevel::debug);
    logger.debug("loud");
    logger.setLevel(core::LogLevel::error);
    logger.warning("quiet");
    const auto lines = pipe.drain();
    BOOST_TEST(lines.find("quiet") == std::string::npos);
    BOOST_TEST(lines.find("heard") < lines.find("loud"));
}

BOOST_AUTO_TEST_CASE(lines_of_many_threads_never_mix) {
    testing::ManualClock clock;
    Pipe pipe;
    std::string all;
    {
        std::jthread reader{[&] { all = pipe.readToEnd(); }};
        {
            // Longer than PIPE_BUF, so that the kernel alone would not keep a line together.
            log::LineLogger logger{{pipe.writer(), Form::text, true}, "n1", core::LogLevel::info, clock};
            std::vector<std::jthread> threads;
            for (int i = 0; i < 4; ++i) {
                threads.emplace_back([&logger, said = std::string(6'000, static_cast<char>('a' + i))] {
                    for (int line = 0; line < 100; ++line) logger.info("said", {{"what", said}});
                });
            }
        }
        pipe.closeWriter();
    }
    std::size_t whole = 0;
    for (std::size_t begin = 0; begin < all.size();) {
        const auto end = all.find('\n', begin);
        const auto line = all.substr(begin, end - begin);
        begin = end + 1;
        if (line.find("log_lines_lost") != std::string::npos) continue; // a slow machine may drop some
        const auto first = line.find("what=\"") + 6;
        BOOST_REQUIRE(line.starts_with("<6>2026-01-01T00:00:00.000000Z INFO  said what=\""));
        BOOST_REQUIRE(line.substr(first) == std::string(6'000, line[first]) + "\" node=n1");
        ++whole;
    }
    BOOST_TEST(whole > 0u);
}

BOOST_AUTO_TEST_CASE(a_reader_that_stalls_costs_lines_but_never_blocks_for_ever) {
    testing::ManualClock clock;
    Pipe pipe;
    fcntl(pipe.writer(), F_SETPIPE_SZ, 16384);
    log::LineLogger logger{{pipe.writer(), Form::json, false}, "n1", core::LogLevel::info, clock};
    for (int i = 0; i < 1000; ++i) logger.info("many", {{"i", i}}); // more than fits; returns nevertheless
    auto lines = pipe.drain();
    const auto kept = std::count(lines.begin(), lines.end(), '\n');
    BOOST_TEST(kept < 1000);
    BOOST_TEST(lines.ends_with("}\n"));
    logger.info("again");
    lines = pipe.drain();
    BOOST_TEST(lines.find(fmt::format("\"event\":\"log_lines_lost\",\"node\":\"n1\",\"count\":{}",
                                      1000 - kept)) != std::string::npos);
    BOOST_TEST(lines.find("again") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_reader_that_went_away_is_survived) {
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &ignore, nullptr); // as the daemon does
    testing::ManualClock clock;
    Pipe pipe;
    log::LineLogger logger{{pipe.writer(), Form::json, false}, "n1", core::LogLevel::info, clock};
    pipe.closeReader();
    BOOST_CHECK_NO_THROW(logger.info("lost"));
    BOOST_CHECK_NO_THROW(logger.info("lost"));
}

BOOST_AUTO_TEST_CASE(the_form_follows_what_the_descriptor_is) {
    using log::FormChoice;
    Pipe pipe;
    struct stat status {};
    BOOST_REQUIRE(fstat(pipe.writer(), &status) == 0);
    const auto journal = fmt::format("{}:{}", status.st_dev, status.st_ino);

    BOOST_TEST((chooseTarget(pipe.writer(), FormChoice::automatic, {}).form == Form::json));
    BOOST_TEST((chooseTarget(pipe.writer(), FormChoice::text, {}).form == Form::text));
    BOOST_TEST(!chooseTarget(pipe.writer(), FormChoice::text, {"1:2", "", false})
                    .priorityPrefix); // inherited, redirected
    BOOST_TEST(chooseTarget(pipe.writer(), FormChoice::automatic, {journal, "", false}).priorityPrefix);

    const int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    BOOST_REQUIRE(terminal >= 0);
    BOOST_TEST((chooseTarget(terminal, FormChoice::automatic, {"", "xterm", false}).form == Form::colour));
    BOOST_TEST((chooseTarget(terminal, FormChoice::automatic, {"", "xterm", true}).form == Form::text));
    BOOST_TEST((chooseTarget(terminal, FormChoice::automatic, {"", "dumb", false}).form == Form::text));
    BOOST_TEST((chooseTarget(terminal, FormChoice::json, {"", "xterm", false}).form == Form::json));
    close(terminal);
}

BOOST_AUTO_TEST_SUITE_END()
