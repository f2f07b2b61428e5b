#include "platform/database/errors.hpp"
#include "platform/database/migrator.hpp"
#include "platform/database/sql_script.hpp"
#include "platform/database/value.hpp"
#include "tests/support/error_of.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using core::ErrorKind;
using database::Row;
using testing::errorOf;

namespace {

core::Error thrownFor(unsigned number, const char* message) {
    return errorOf([&] { database::throwDatabaseError(number, message, "users.add"); });
}

bool mentions(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

} // namespace

BOOST_AUTO_TEST_SUITE(values)

BOOST_AUTO_TEST_CASE(date_and_time_survive_the_database_form) {
    const auto time = database::parseDateTime("2026-11-21 05:17:14.123456");
    BOOST_REQUIRE(time.has_value());
    BOOST_TEST(database::toDateTime(*time) == "2026-11-21 05:17:14.123456");
    BOOST_TEST(database::toDateTime(*database::parseDateTime("1969-12-31 23:59:59.999999")) ==
               "1969-12-31 23:59:59.999999");
}

BOOST_AUTO_TEST_CASE(fewer_fractional_digits_are_padded) {
    BOOST_TEST(database::toDateTime(*database::parseDateTime("2026-02-28 00:00:00")) ==
               "2026-02-28 00:00:00.000000");
    BOOST_TEST(database::toDateTime(*database::parseDateTime("2026-02-28 00:00:00.12")) ==
               "2026-02-28 00:00:00.120000");
}

BOOST_AUTO_TEST_CASE(what_is_no_date_and_time_is_refused) {
    for (const auto* text :
         {"", "2026-11-21", "0000-00-00 00:00:00", "2026-02-29 00:00:00", "2026-01-01 24:00:00",
          "2026-01-01 00:60:00", "2026-01-01T00:00:00", "2026-01-01 00:00:00.", "2026-01-01 00:00:00.1234567",
          "2026-01-01 00:00:0x", "2026-01-01 00:00:00,5"}) {
        BOOST_TEST(!database::parseDateTime(text).has_value(), text);
    }
}

BOOST_AUTO_TEST_CASE(a_row_refuses_null_wrong_types_and_missing_columns) {
    const Row row{{std::monostate{}, std::int64_t{-1}, ~std::uint64_t{0}, std::string{"12"}}};
    BOOST_TEST(row.isNull(0));
    BOOST_TEST(!row.maybeInteger(0).has_value());
    BOOST_TEST(row.integer(1) == -1);
    for (const std::size_t column : {0U, 2U, 3U, 4U}) {
        BOOST_TEST(errorOf([&] { row.integer(column); }).kind() == ErrorKind::internal);
    }
    BOOST_TEST(errorOf([&] { row.bytes(1); }).kind() == ErrorKind::internal);
    BOOST_TEST(errorOf([&] { row.time(3); }).kind() == ErrorKind::internal);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(errors)

BOOST_AUTO_TEST_CASE(conflicts_may_be_tried_again) {
    for (const unsigned number : {1213U, 1205U, 1020U, 3572U}) {
        BOOST_TEST(thrownFor(number, "x").kind() == ErrorKind::contention);
        BOOST_TEST(!database::breaksConnection(number));
    }
    BOOST_CHECK_THROW(database::throwDatabaseError(1205, "x", "y"), database::LockNotAvailable);
    BOOST_CHECK_THROW(database::throwDatabaseError(3572, "x", "y"), database::LockNotAvailable);
}

BOOST_AUTO_TEST_CASE(a_duplicate_names_its_index_on_mariadb_and_mysql) {
    const auto duplicateOf = [](const char* message) {
        try {
            database::throwDatabaseError(1062, message, "users.add");
        } catch (const database::DuplicateKey& duplicate) {
            return duplicate;
        }
    };
    const auto maria = duplicateOf("Duplicate entry 'O'Neil' for key 'users_username'");
    BOOST_TEST(maria.key() == "users_username");
    BOOST_TEST(maria.names("users_username"));
    BOOST_TEST(!maria.names("username"));
    const auto mysql = duplicateOf("Duplicate entry 'x' for key 'users.users_username'");
    BOOST_TEST(mysql.names("users_username"));
    BOOST_TEST(!mysql.names("username"));
}

BOOST_AUTO_TEST_CASE(lost_connections_are_unavailable_and_break_the_session) {
    for (const unsigned number : {2002U, 2003U, 2006U, 2013U, 2055U, 1927U, 1053U, 4031U, 1290U, 1792U}) {
        BOOST_TEST(thrownFor(number, "x").kind() == ErrorKind::unavailable);
        BOOST_TEST(database::breaksConnection(number));
    }
}

BOOST_AUTO_TEST_CASE(a_time_limit_of_the_server_leaves_the_session_usable) {
    for (const unsigned number : {1969U, 3024U}) {
        BOOST_TEST(thrownFor(number, "x").kind() == ErrorKind::timeout);
        BOOST_TEST(!database::breaksConnection(number));
    }
}

BOOST_AUTO_TEST_CASE(a_wrong_setting_is_named_in_the_hint) {
    BOOST_TEST(thrownFor(1045, "Access denied").kind() == ErrorKind::misconfigured);
    BOOST_TEST(mentions(thrownFor(1045, "Access denied").hint(), "database.password_file"));
    const auto unknown = thrownFor(1049, "Unknown database 'shop'");
    BOOST_TEST(unknown.kind() == ErrorKind::misconfigured);
    BOOST_TEST(mentions(unknown.hint(), "database.name"));
    BOOST_TEST(mentions(unknown.hint(), "CREATE DATABASE `shop`"));
    BOOST_TEST(mentions(thrownFor(1146, "Table 'shop.users' doesn't exist").hint(), "outboxd migrate"));
    BOOST_TEST(mentions(thrownFor(1142, "INSERT command denied").hint(), "GRANT"));
    BOOST_TEST(thrownFor(1040, "Too many connections").kind() == ErrorKind::overloaded);
    BOOST_TEST(thrownFor(1064, "You have an error in your SQL syntax").kind() == ErrorKind::internal);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(scripts)

BOOST_AUTO_TEST_CASE(a_script_is_cut_at_semicolons_outside_quotes_and_comments) {
    const auto found =
        database::splitStatements("-- first; not a statement\n"
                                  "SELECT ';', \"a;\"\"b\", `c;`, 'it''s; \\'quoted\\';';\n"
                                  "# and; this\n"
                                  "/* nor; this */ INSERT /* in; side */ INTO t VALUES (1--1) ; ;\n"
                                  "/*! SET @a = 1 */;\n"
                                  "UPDATE t SET a = 2 -- the last; one\n");
    const std::vector<std::string_view> expected{"SELECT ';', \"a;\"\"b\", `c;`, 'it''s; \\'quoted\\';'",
                                                 "INSERT /* in; side */ INTO t VALUES (1--1)",
                                                 "/*! SET @a = 1 */", "UPDATE t SET a = 2"};
    BOOST_TEST(found == expected, boost::test_tools::per_element());
    BOOST_TEST(database::splitStatements(" -- nothing\n ;; ").empty());
}

BOOST_AUTO_TEST_CASE(an_unclosed_quote_or_comment_is_refused) {
    for (const auto* text : {"SELECT 'a", "SELECT `a", "SELECT 'a\\'", "SELECT 1 /* a"}) {
        BOOST_TEST(errorOf([&] { database::splitStatements(text); }).kind() == ErrorKind::internal);
    }
}

BOOST_AUTO_TEST_CASE(servers_that_are_too_old_are_refused) {
    for (const auto* version : {"10.6.0-MariaDB", "10.11.19-MariaDB-0+deb12u1-log", "11.4.2-MariaDB",
                                "8.0.16", "8.4.0", "9.1.0-commercial"}) {
        BOOST_TEST(!database::refusedServer(version).has_value(), version);
    }
    for (const auto* version : {"10.5.27-MariaDB", "5.5.68-MariaDB", "8.0.15", "5.7.44-log", ""}) {
        BOOST_TEST(database::refusedServer(version).has_value(), version);
    }
}

BOOST_AUTO_TEST_SUITE_END()
