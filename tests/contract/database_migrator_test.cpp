// What the migrator promises: each file once, in order, never a changed one, never a guess after a failure.
#include "platform/database/migrator.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/limited_user.hpp"
#include "tests/support/test_database.hpp"

#include <array>
#include <future>

using namespace outboxd;
using namespace std::chrono_literals;
using core::ErrorKind;
using database::Migration;
using database::Migrator;
using database::Session;
using testing::errorOf;
using testing::Schema;
using testing::TestDatabase;

namespace {

constexpr std::array<Migration, 2> kTwo{{
    {"0001_first", "CREATE TABLE first (id INT PRIMARY KEY); -- a comment; with a semicolon\n"
                   "INSERT INTO first VALUES (1);"},
    {"0002_second", "CREATE TABLE second (id INT PRIMARY KEY);"},
}};
constexpr std::array<Migration, 2> kChanged{
    {{"0001_first", "CREATE TABLE first (id BIGINT PRIMARY KEY);"}, kTwo[1]}};
constexpr std::array<Migration, 2> kFailsHalfWay{
    {kTwo[0],
     {"0002_second", "CREATE TABLE second (id INT PRIMARY KEY); INSERT INTO\n missing VALUES (1);"}}};
constexpr std::array<Migration, 2> kFailsAtOnce{
    {kTwo[0], {"0002_second", "INSERT INTO missing VALUES (1); CREATE TABLE second (id INT PRIMARY KEY);"}}};

struct Fixture {
    TestDatabase schema{Schema::empty};
    Session admin{schema.settings()};

    Migrator with(std::span<const Migration> migrations) { return {schema.settings(), migrations}; }
    std::int64_t rowsOfFirst() {
        static constexpr database::Statement count{"test.count", "SELECT COUNT(*) FROM first"};
        return admin.query(count)[0].integer(0);
    }
};

bool mentions(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

} // namespace

BOOST_FIXTURE_TEST_SUITE(database_migrator, Fixture)

BOOST_AUTO_TEST_CASE(pending_migrations_are_applied_once_in_order) {
    BOOST_TEST(with(std::span{kTwo}.first(1)).apply() == std::vector<std::string>{"0001_first"},
               boost::test_tools::per_element());
    BOOST_TEST(with(kTwo).pending() == std::vector<std::string>{"0002_second"},
               boost::test_tools::per_element());
    BOOST_TEST(with(kTwo).apply() == std::vector<std::string>{"0002_second"},
               boost::test_tools::per_element());
    BOOST_TEST(with(kTwo).apply().empty());
    BOOST_TEST(rowsOfFirst() == 1);
    static constexpr database::Statement history{
        "test.history",
        "SELECT LENGTH(checksum), state, statements_done, duration_ms >= 0 FROM schema_migration"};
    const auto rows = admin.query(history);
    BOOST_REQUIRE(rows.size() == 2);
    BOOST_TEST(rows[0].integer(0) == 64);
    BOOST_TEST(rows[0].bytes(1) == "APPLIED");
    BOOST_TEST(rows[0].integer(2) == 2);
    BOOST_TEST(rows[0].integer(3) == 1);
}

BOOST_AUTO_TEST_CASE(a_changed_migration_is_refused_before_anything_is_done) {
    with(std::span{kTwo}.first(1)).apply();
    const auto error = errorOf([&] { with(kChanged).apply(); });
    BOOST_TEST(error.kind() == ErrorKind::misconfigured);
    BOOST_TEST(mentions(error.what(), "0001_first was changed"));
    BOOST_TEST(errorOf([&] { with(kChanged).pending(); }).kind() == ErrorKind::misconfigured);
    BOOST_TEST((with(kTwo).status()[1].state == Migrator::State::pending));
}

BOOST_AUTO_TEST_CASE(a_migration_of_a_newer_program_is_refused) {
    with(kTwo).apply();
    const auto error = errorOf([&] { with(std::span{kTwo}.first(1)).apply(); });
    BOOST_TEST(error.kind() == ErrorKind::misconfigured);
    BOOST_TEST(mentions(error.what(), "0002_second"));
    BOOST_TEST(mentions(error.hint(), "newer"));
}

BOOST_AUTO_TEST_CASE(concurrent_migrators_apply_each_file_once) {
    std::vector<std::future<std::size_t>> migrators;
    for (int i = 0; i < 4; ++i) {
        migrators.push_back(std::async(std::launch::async, [&] { return with(kTwo).apply().size(); }));
    }
    std::size_t applied = 0;
    for (auto& migrator : migrators) applied += migrator.get();
    BOOST_TEST(applied == 2U);
    BOOST_TEST(rowsOfFirst() == 1);
}

BOOST_AUTO_TEST_CASE(a_running_migration_is_waited_for_only_so_long) {
    static constexpr database::Statement lock{
        "test.lock", "SELECT GET_LOCK(CONCAT('outboxd-migrate-', SHA1(DATABASE())), 0)"};
    BOOST_REQUIRE(admin.query(lock)[0].integer(0) == 1);
    Migrator impatient{schema.settings(), kTwo, {.lockWait = 0s}};
    BOOST_TEST(errorOf([&] { impatient.apply(); }).kind() == ErrorKind::timeout);
}

BOOST_AUTO_TEST_CASE(a_file_that_failed_half_way_is_refused_until_somebody_repaired_it) {
    const auto failure = errorOf([&] { with(kFailsHalfWay).apply(); });
    BOOST_TEST(
        mentions(failure.what(), "0002_second failed at statement 2 of 2 (INSERT INTO  missing VALUES (1))"));
    BOOST_TEST(mentions(failure.hint(), "DELETE FROM schema_migration WHERE version = 2"));
    // A corrected file does not get past it either: its first statement has taken effect.
    const auto refusal = errorOf([&] { with(kTwo).apply(); });
    BOOST_TEST(refusal.kind() == ErrorKind::misconfigured);
    BOOST_TEST(mentions(refusal.what(), "after 1 statements"));
    BOOST_TEST(mentions(refusal.what(), "missing"));
    BOOST_TEST((with(kTwo).status()[1].state == Migrator::State::unfinished));
    // The hint's second way works.
    admin.textExecute("DROP TABLE second");
    admin.textExecute("DELETE FROM schema_migration WHERE version = 2");
    BOOST_TEST(with(kTwo).apply().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_file_that_failed_at_its_first_statement_is_simply_tried_again) {
    BOOST_TEST(mentions(errorOf([&] { with(kFailsAtOnce).apply(); }).what(), "statement 1 of 2"));
    BOOST_TEST(with(kTwo).apply() == std::vector<std::string>{"0002_second"},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_missing_schema_comes_with_the_statements_that_create_it) {
    auto settings = schema.settings();
    settings.schema = schema.name() + "_missing";
    const auto error = errorOf([&] { Migrator(settings, kTwo).apply(); });
    BOOST_TEST(error.kind() == ErrorKind::misconfigured);
    BOOST_TEST(mentions(error.hint(), "CREATE DATABASE `" + settings.schema + "`"));
    BOOST_TEST(mentions(error.hint(), "GRANT"));
}

BOOST_AUTO_TEST_CASE(a_user_who_may_not_create_triggers_is_told_what_to_do) {
    static constexpr std::array<Migration, 1> trigger{
        {{"0001_trigger",
          "CREATE TABLE t (id INT); CREATE TRIGGER t_copy AFTER INSERT ON t FOR EACH ROW SET @a = 1"}}};
    const testing::LimitedUser user{schema, "CREATE, SELECT, INSERT, UPDATE, DELETE"};
    const auto error = errorOf([&] { Migrator(user.settings(), trigger).apply(); });
    BOOST_TEST(error.kind() == ErrorKind::misconfigured);
    BOOST_TEST(mentions(error.what(), "0001_trigger failed at statement 2 of 2"));
    // With a binary log the server asks for SUPER first, without one for the privilege.
    BOOST_TEST(
        (mentions(error.hint(), "GRANT") || mentions(error.hint(), "log_bin_trust_function_creators")));
}

BOOST_AUTO_TEST_SUITE_END()
