// The command line of outboxctl, and its tables.
#include "ctl/options.hpp"
#include "ctl/table.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using ctl::Answer;
using ctl::Command;
using ctl::ExitCode;
using ctl::Options;

namespace {

Options understood(const std::vector<std::string>& words) {
    return std::get<Options>(ctl::parseOptions(words, {}));
}
Answer answered(const std::vector<std::string>& words) {
    return std::get<Answer>(ctl::parseOptions(words, {}));
}

void refuse(const std::vector<std::string>& words, const std::string& what, const std::string& next) {
    const auto answer = answered(words);
    BOOST_TEST((answer.code == ExitCode::usage));
    BOOST_TEST(answer.text == "outboxctl: " + what + "\n  next step: " + next + "\n");
}

} // namespace

BOOST_AUTO_TEST_SUITE(ctl_options)

BOOST_AUTO_TEST_CASE(commands_are_understood_with_options_before_and_after) {
    const auto list = understood({"--url", "http://n:1", "outbox", "list", "--error", "large", "--json"});
    BOOST_TEST((list.command == Command::outbox_list));
    BOOST_TEST(list.url == "http://n:1");
    BOOST_TEST(list.selection.error == "large");
    BOOST_TEST(list.json);
    const auto redrive = understood({"outbox", "redrive", "7", "8", "--yes", "--rate", "5"});
    BOOST_TEST(redrive.selection.ids.size() == 2U);
    BOOST_TEST(redrive.rate.value() == 5);
    const auto topic =
        understood({"topic", "repartition", "t.order", "--partitions", "12", "--grow", "--wait"});
    BOOST_TEST((topic.command == Command::topic_repartition));
    BOOST_TEST(topic.partitions == 12);
    BOOST_TEST((understood({"orders", "show", "9"}).id == 9));
}

BOOST_AUTO_TEST_CASE(the_environment_names_node_and_token_and_the_command_line_wins) {
    const std::map<std::string, std::string> environment{{"OUTBOXCTL_URL", "http://e:1"},
                                                         {"OUTBOXCTL_TOKEN_FILE", "/t"}};
    const auto parsed = std::get<Options>(ctl::parseOptions({"status"}, environment));
    BOOST_TEST(parsed.url == "http://e:1");
    BOOST_TEST(parsed.tokenFile == "/t");
    BOOST_TEST(std::get<Options>(ctl::parseOptions({"status", "--url", "http://c:1"}, environment)).url ==
               "http://c:1");
}

BOOST_AUTO_TEST_CASE(help_shows_the_words_as_they_are_typed) {
    const auto usage = [](const std::vector<std::string>& words) { return answered(words).text; };
    BOOST_TEST(usage({"--help"}).find("Usage: outboxctl [OPTIONS]") != std::string::npos);
    BOOST_TEST(usage({"jobs", "show", "--help"}).find("Usage: outboxctl jobs show [OPTIONS]") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(wrong_words_are_named_with_the_next_step) {
    refuse({"statsu"}, "unknown command 'statsu'; did you mean status?", "outboxctl --help");
    refuse({"outbox", "lst"}, "unknown command 'lst'; did you mean list?", "outboxctl outbox --help");
    refuse({"outbox", "list", "--eror", "x"}, "unknown option '--eror'; did you mean --error?",
           "outboxctl outbox list --help");
    refuse({"status", "now"}, "unexpected 'now' after 'outboxctl status'", "outboxctl status --help");
    BOOST_TEST((answered({"outbox"}).code == ExitCode::usage));
    BOOST_TEST((answered({}).code == ExitCode::usage));
    BOOST_TEST((answered({"outbox", "show", "x"}).code == ExitCode::usage));
}

BOOST_AUTO_TEST_CASE(an_order_says_what_it_is_about_once) {
    const std::string redrive = "outboxctl outbox redrive --help";
    refuse({"outbox", "redrive"}, "which events? Give their ids, --key, a filter such as --error, or --all",
           redrive);
    refuse({"outbox", "redrive", "7", "--all"}, "give ids, or --key and filters, or --all, but not together",
           redrive);
    refuse({"outbox", "discard", "7"}, "a discard needs --reason: events are lost for good",
           "outboxctl outbox discard --help");
    refuse({"outbox", "republish", "--from", "x"}, "which events? Give their ids, or --from and --to",
           "outboxctl outbox republish --help");
    BOOST_TEST(understood({"outbox", "discard", "7", "--dry-run"}).dryRun);
    BOOST_TEST(understood({"outbox", "redrive", "--key", "k", "--error", "large"}).selection.filters());
}

BOOST_AUTO_TEST_CASE(orders_of_a_job_name_it_and_a_pause_says_why) {
    const auto pause = understood({"jobs", "pause", "order-expiry", "--reason", "stock is counted"});
    BOOST_TEST((pause.command == Command::jobs_pause));
    BOOST_TEST(pause.job == "order-expiry");
    BOOST_TEST(pause.reason == "stock is counted");
    BOOST_TEST(understood({"jobs", "run", "order-expiry", "--wait"}).wait);
    const auto history = understood({"jobs", "history", "order-expiry", "--outcome", "LOST", "--limit", "5"});
    BOOST_TEST(history.outcome == "LOST");
    BOOST_TEST(history.limit == 5);
    refuse({"jobs", "pause", "order-expiry"}, "--reason is required", "outboxctl jobs pause --help");
    refuse({"jobs", "resum", "x"}, "unknown command 'resum'; did you mean resume?", "outboxctl jobs --help");
    BOOST_TEST((answered({"jobs", "show"}).code == ExitCode::usage));
    BOOST_TEST(ctl::bashCompletion().find("'jobs run') words=") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_order_of_dead_letters_says_which_once) {
    const std::string retry = "outboxctl dead-letters retry --help";
    const auto list = understood({"dead-letters", "list", "--listener", "ranking", "--state", "HELD"});
    BOOST_TEST((list.command == Command::letters_list));
    BOOST_TEST(list.listener == "ranking");
    BOOST_TEST(list.state == "HELD");
    BOOST_TEST((understood({"dead-letters", "show", "9"}).id == 9));
    BOOST_TEST(understood({"dead-letters", "retry", "--fingerprint", "0123456789abcdef"}).fingerprint ==
               "0123456789abcdef");
    BOOST_TEST(understood({"dead-letters", "discard", "7", "8", "--reason", "x"}).selection.ids.size() == 2U);
    BOOST_TEST(understood({"dead-letters", "discard", "--all", "--dry-run"}).dryRun);
    refuse({"dead-letters", "retry"},
           "which letters? Give their ids, a filter such as --fingerprint, or --all", retry);
    refuse({"dead-letters", "retry", "7", "--state", "HELD"},
           "give ids, or filters, or --all, but not together", retry);
    refuse({"dead-letters", "discard", "7"}, "a discard needs --reason: the listener never has these events",
           "outboxctl dead-letters discard --help");
    BOOST_TEST((answered({"dead-letters", "list", "--state", "LOST"}).code == ExitCode::usage));
    BOOST_TEST(ctl::bashCompletion().find("'dead-letters retry') words=") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(help_is_of_the_command_that_was_named) {
    BOOST_TEST((answered({"--help"}).code == ExitCode::ok));
    BOOST_TEST(answered({"--help"}).text.find("Exit status: 0 done") != std::string::npos);
    BOOST_TEST(answered({"outbox", "redrive", "--help"}).text.find("--rate") != std::string::npos);
    BOOST_TEST(ctl::bashCompletion().find("'outbox redrive') words=") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_table_is_as_wide_as_its_cells_and_shows_no_control_characters) {
    rapidjson::Document rows;
    rows.Parse(
        R"([{"key":"a\u001b[1m","n":5,"age":1500,"at":"2026-11-21T09:00:00.000000Z"},{"key":"\u00e9","n":null}])");
    BOOST_TEST(ctl::tableOf(rows, {{"KEY", "key"},
                                   {"N", "n"},
                                   {"AGE", "age", ctl::Column::Form::age},
                                   {"AT", "at", ctl::Column::Form::time}}) ==
               "KEY       N   AGE  AT\n"
               "a\\x1b[1m  5  1.5s  2026-11-21T09:00:00Z\n"
               "\xc3\xa9         -     -  -\n");
}

BOOST_AUTO_TEST_SUITE_END()
