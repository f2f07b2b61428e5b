// What a session promises, on a real server. Each trap of the client library or server has its case.
#include "platform/database/errors.hpp"
#include "platform/database/session.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/limited_user.hpp"
#include "tests/support/tcp_proxy.hpp"
#include "tests/support/test_database.hpp"

#include <sys/resource.h>

#include <limits>

using namespace outboxd;
using namespace std::chrono_literals;
using core::ErrorKind;
using database::Session;
using database::Statement;
using testing::errorOf;
using testing::Schema;
using testing::TestDatabase;

namespace {

struct Fixture {
    TestDatabase schema{Schema::empty};
    Session session{schema.settings()};
};

constexpr Statement kInsert{"test.insert", "INSERT INTO t (id, value) VALUES (?, ?)"};
constexpr Statement kUpdate{"test.update", "UPDATE t SET value = ? WHERE id = ?"};
constexpr Statement kValues{"test.values", "SELECT value FROM t ORDER BY id"};

long peakKilobytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

bool mentions(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

} // namespace

BOOST_FIXTURE_TEST_SUITE(database_session, Fixture)

BOOST_AUTO_TEST_CASE(a_short_value_of_a_huge_type_costs_no_more_than_itself) {
    // Poco::Data reserves the type's maximum: 49 MB for a MEDIUMTEXT. First in this file: the peak only grows.
    session.textExecute("CREATE TABLE t (id INT PRIMARY KEY, value LONGBLOB)");
    session.execute(kInsert, {1, "ten bytes!"});
    const auto before = peakKilobytes();
    BOOST_TEST(session.query(kValues)[0].bytes(0) == "ten bytes!");
    BOOST_TEST(peakKilobytes() - before < 8 * 1024);
}

BOOST_AUTO_TEST_CASE(integers_keep_their_sign_and_range) {
    static constexpr Statement numbers{
        "test.numbers",
        "SELECT CAST(-9223372036854775808 AS SIGNED), CAST(? AS SIGNED), CAST(? AS UNSIGNED), TRUE, "
        "CAST(? AS UNSIGNED), 1 - ?"};
    const auto row = session.query(numbers, {std::numeric_limits<std::int64_t>::max(),
                                             std::numeric_limits<std::int64_t>::max(),
                                             std::numeric_limits<std::uint64_t>::max(), 2})[0];
    BOOST_TEST(row.integer(0) == std::numeric_limits<std::int64_t>::min());
    BOOST_TEST(row.integer(1) == std::numeric_limits<std::int64_t>::max());
    BOOST_TEST(row.integer(2) == std::numeric_limits<std::int64_t>::max());
    BOOST_TEST(row.integer(3) == 1);
    BOOST_TEST(errorOf([&] { row.integer(4); }).kind() == ErrorKind::internal);
    BOOST_TEST(row.integer(5) == -1);
}

BOOST_AUTO_TEST_CASE(a_sum_is_an_integer_but_an_average_and_an_overflowing_sum_are_not) {
    static constexpr Statement sum{"test.sum", "SELECT SUM(n), AVG(n), SUM(n) * 10000000000, SUM(NULL) FROM "
                                               "(SELECT 9000000000 AS n UNION ALL SELECT 1) numbers"};
    const auto row = session.query(sum)[0];
    BOOST_TEST(row.integer(0) == 9000000001);
    BOOST_TEST(errorOf([&] { row.integer(1); }).kind() == ErrorKind::internal);
    BOOST_TEST(errorOf([&] { row.integer(2); }).kind() == ErrorKind::internal);
    BOOST_TEST(row.isNull(3));
}

BOOST_AUTO_TEST_CASE(null_is_read_and_written) {
    session.textExecute("CREATE TABLE t (id INT PRIMARY KEY, value DATETIME(6))");
    session.execute(kInsert, {1, std::nullopt});
    session.execute(kInsert, {2, std::optional<core::Timestamp>{}});
    session.execute(kInsert, {3, *database::parseDateTime("2026-11-21 05:17:14.000001")});
    const auto rows = session.query(kValues);
    BOOST_REQUIRE(rows.size() == 3);
    BOOST_TEST(!rows[0].maybeTime(0).has_value());
    BOOST_TEST(!rows[1].maybeTime(0).has_value());
    BOOST_TEST(rows[2].bytes(0) == "2026-11-21 05:17:14.000001");
    BOOST_TEST(database::toDateTime(rows[2].time(0)) == rows[2].bytes(0));
}

BOOST_AUTO_TEST_CASE(fifteen_megabytes_come_back_as_they_were) {
    session.textExecute("CREATE TABLE t (id INT PRIMARY KEY, value MEDIUMBLOB)");
    std::string large(15 << 20, '\0');
    for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 31 >> 3);
    session.execute(kInsert, {1, large});
    session.execute(kInsert, {2, std::nullopt});
    session.execute(kInsert, {3, ""});
    session.execute(kInsert, {4, std::string(256, 'a')});
    session.execute(kInsert, {5, std::string(257, 'b')});
    const auto rows = session.query(kValues);
    BOOST_REQUIRE(rows.size() == 5);
    BOOST_TEST((rows[0].bytes(0) == large));
    BOOST_TEST(rows[1].isNull(0));
    BOOST_TEST(rows[2].bytes(0).empty());
    BOOST_TEST(rows[3].bytes(0) == std::string(256, 'a'));
    BOOST_TEST(rows[4].bytes(0) == std::string(257, 'b'));
}

BOOST_AUTO_TEST_CASE(arbitrary_bytes_and_four_byte_characters_survive_both_protocols) {
    session.textExecute("CREATE TABLE t (id INT PRIMARY KEY, value VARBINARY(300), name VARCHAR(20)) "
                        "DEFAULT CHARSET utf8mb4");
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    const std::string name = "\xF0\x9F\x9B\x92 ' \\ \xED\x95\x9C";
    static constexpr Statement insert{"test.both", "INSERT INTO t VALUES (1, ?, ?)"};
    session.execute(insert, {bytes, name});
    session.textExecute("INSERT INTO t VALUES (2, " + session.quoted(bytes) + ", " + session.quoted(name) +
                        ")");
    static constexpr Statement select{"test.both_back", "SELECT value, name FROM t ORDER BY id"};
    for (const auto& row : session.query(select)) {
        BOOST_TEST((row.bytes(0) == bytes));
        BOOST_TEST(row.bytes(1) == name);
    }
    std::size_t same = 0;
    const auto rows = session.textQuery("SELECT value, name, NULL, '' FROM t", [&](Session::TextRow row) {
        same +=
            row[0] == bytes && row[1] == name && row[2].data() == nullptr && row[3].data() != nullptr ? 1 : 0;
    });
    BOOST_TEST(rows == 2U);
    BOOST_TEST(same == 2U);
}

BOOST_AUTO_TEST_CASE(an_update_to_the_same_value_counts_as_one_row) {
    session.textExecute("CREATE TABLE t (id INT PRIMARY KEY, value INT)");
    session.execute(kInsert, {1, 5});
    BOOST_TEST(session.execute(kUpdate, {5, 1}) == 1U);
    BOOST_TEST(session.execute(kUpdate, {5, 2}) == 0U);
    BOOST_TEST(session.textExecute("UPDATE t SET value = 5") == 1U);
}

BOOST_AUTO_TEST_CASE(the_last_insert_id_outlives_other_statements) {
    session.textExecute("CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, value INT)");
    static constexpr Statement insert{"test.auto", "INSERT INTO t (value) VALUES (?)"};
    session.execute(insert, {1});
    session.execute(insert, {1});
    session.execute(kUpdate, {3, 1});
    BOOST_TEST(session.lastInsertId() == 2);
    session.textExecute("INSERT INTO t (value) VALUES (9)");
    BOOST_TEST(session.lastInsertId() == 3);
}

BOOST_AUTO_TEST_CASE(every_session_has_the_same_rules_also_after_a_reset) {
    static constexpr Statement rules{
        "test.rules", "SELECT @@autocommit, @@time_zone, @@character_set_client, @@innodb_lock_wait_timeout, "
                      "FIND_IN_SET('STRICT_ALL_TABLES', @@sql_mode) > 0, CAST(@@max_statement_time AS CHAR), "
                      "@@tx_isolation, @mark"};
    for (int round = 0; round < 2; ++round) {
        const auto row = session.query(rules)[0];
        BOOST_TEST(row.integer(0) == 1);
        BOOST_TEST(row.bytes(1) == "+00:00");
        BOOST_TEST(row.bytes(2) == "utf8mb4");
        BOOST_TEST(row.integer(3) == 3);
        BOOST_TEST(row.integer(4) == 1);
        BOOST_TEST(row.bytes(5).starts_with("10.0"));
        BOOST_TEST(row.bytes(6) == "READ-COMMITTED");
        BOOST_TEST(row.isNull(7));
        session.textExecute("SET @mark = 1, autocommit = 0, time_zone = '+09:00'");
        BOOST_REQUIRE(session.reset());
    }
}

BOOST_AUTO_TEST_CASE(autocommit_is_back_after_a_transaction) {
    // Poco's begin() switches it off and nothing switches it on again: later single statements are lost.
    session.textExecute("CREATE TABLE t (id INT PRIMARY KEY, value INT)");
    session.begin();
    session.execute(kInsert, {1, 1});
    session.rollback();
    session.execute(kInsert, {2, 1});
    session.begin();
    session.commit();
    session.execute(kInsert, {3, 1});
    Session other{schema.settings()};
    BOOST_TEST(other.query(kValues).size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_statement_is_prepared_once_per_session) {
    session.textExecute("CREATE TABLE t (id INT PRIMARY KEY, value INT)");
    for (int id = 0; id < 10; ++id) session.execute(kInsert, {id, id});
    std::string prepares;
    session.textQuery("SHOW SESSION STATUS LIKE 'Com_stmt_prepare'",
                      [&](Session::TextRow row) { prepares = std::string{row[1]}; });
    BOOST_TEST(prepares == "1");
}

BOOST_AUTO_TEST_CASE(an_aborted_text_query_leaves_the_session_usable) {
    BOOST_CHECK_THROW(session.textQuery("SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3",
                                        [](Session::TextRow) { throw std::runtime_error("enough"); }),
                      std::runtime_error);
    std::uint64_t rows = session.textQuery("SELECT 1", [](Session::TextRow) {});
    BOOST_TEST(rows == 1U);
}

BOOST_AUTO_TEST_CASE(a_second_statement_in_one_text_is_refused) {
    BOOST_TEST(errorOf([&] { session.textExecute("SELECT 1; SELECT 2"); }).kind() == ErrorKind::internal);
}

BOOST_AUTO_TEST_CASE(the_server_ends_a_statement_that_takes_too_long) {
    auto settings = schema.settings();
    settings.statementTimeout = 100ms;
    Session hasty{settings};
    // Not SLEEP() or BENCHMARK(): MariaDB cuts them short and calls that a success.
    static constexpr Statement slow{"test.slow",
                                    "SELECT COUNT(*) FROM information_schema.columns a, "
                                    "information_schema.columns b, information_schema.columns c"};
    BOOST_TEST(errorOf([&] { hasty.query(slow); }).kind() == ErrorKind::timeout);
    BOOST_TEST(errorOf([&] { hasty.textExecute(std::string{slow.text}); }).kind() == ErrorKind::timeout);
    BOOST_TEST(!hasty.broken());
    BOOST_TEST(hasty.ping());
}

BOOST_AUTO_TEST_CASE(a_stalled_server_cannot_hold_a_caller_for_ever) {
    // Poco's connector waits without limit here.
    auto settings = TestDatabase::server();
    testing::TcpProxy proxy{settings.host, settings.port};
    settings.host = "127.0.0.1";
    settings.port = proxy.port();
    settings.socket.clear();
    settings.connectTimeout = 1s;
    settings.statementTimeout = 100ms;
    Session caller{settings};
    proxy.stall();
    BOOST_TEST(errorOf([&] { caller.textExecute("DO 1"); }).kind() == ErrorKind::unavailable);
    BOOST_TEST(caller.broken());
    BOOST_TEST(errorOf([&] { caller.textExecute("DO 1"); }).kind() == ErrorKind::unavailable);
    BOOST_TEST(errorOf([&] { Session late{settings}; }).kind() == ErrorKind::unavailable);
}

BOOST_AUTO_TEST_CASE(a_wrong_setting_is_named_when_connecting) {
    const auto failure = [](database::ConnectionSettings settings) {
        return errorOf([&] { Session refused{settings}; });
    };
    auto settings = schema.settings();
    settings.schema = "no_such_schema";
    BOOST_TEST(failure(settings).kind() == ErrorKind::misconfigured);
    BOOST_TEST(mentions(failure(settings).hint(), "CREATE DATABASE `no_such_schema`"));
    settings = schema.settings();
    settings.user = "nobody_at_all";
    settings.password = "wrong";
    BOOST_TEST(failure(settings).kind() == ErrorKind::misconfigured);
    BOOST_TEST(mentions(failure(settings).hint(), "database.password_file"));
    settings = schema.settings();
    settings.socket = "/no/such/socket";
    BOOST_TEST(failure(settings).kind() == ErrorKind::unavailable);
    BOOST_TEST(mentions(failure(settings).hint(), "database.socket"));
}

BOOST_AUTO_TEST_CASE(a_missing_privilege_and_a_missing_table_say_what_to_do) {
    session.textExecute("CREATE TABLE t (id INT PRIMARY KEY, value INT)");
    {
        const testing::LimitedUser user{schema, "SELECT"};
        Session reader{user.settings()};
        const auto denied = errorOf([&] { reader.execute(kInsert, {1, 1}); });
        BOOST_TEST(denied.kind() == ErrorKind::misconfigured);
        BOOST_TEST(mentions(denied.hint(), "GRANT"));
        BOOST_TEST(mentions(denied.what(), "test.insert"));
    }
    session.textExecute("DROP TABLE t");
    BOOST_TEST(mentions(errorOf([&] { session.query(kValues); }).hint(), "outboxd migrate"));
}

BOOST_AUTO_TEST_SUITE_END()
