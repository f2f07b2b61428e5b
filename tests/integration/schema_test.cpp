// The schema and the statements that the program brings, on a real server.
#include "platform/database/errors.hpp"
#include "platform/database/migrator.hpp"
#include "sql/all_statements.hpp"
#include "sql/migrations.hpp"
#include "tests/support/test_database.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using testing::Schema;
using testing::TestDatabase;

BOOST_AUTO_TEST_SUITE(schema_suite)

BOOST_AUTO_TEST_CASE(migrations_are_idempotent) {
    TestDatabase schema{Schema::empty};
    database::Migrator migrator{schema.settings(), sql::migrations};
    BOOST_TEST(migrator.pending().size() == sql::migrations.size());
    BOOST_TEST(migrator.apply().size() == sql::migrations.size());
    BOOST_TEST(migrator.pending().empty());
    BOOST_TEST(migrator.apply().empty());
}

BOOST_AUTO_TEST_CASE(every_named_statement_prepares) {
    TestDatabase schema;
    database::Session session{schema.settings()};
    for (const auto* statement : sql::allStatements()) {
        try {
            session.prepare(*statement);
        } catch (const std::exception& error) {
            BOOST_ERROR(error.what());
        }
        BOOST_TEST(statement->text.find(';') == std::string_view::npos,
                   statement->name << " holds more than one statement");
    }
}

BOOST_AUTO_TEST_CASE(an_event_is_queued_for_the_lane_of_its_key_and_its_status_can_be_read) {
    TestDatabase schema;
    database::Session session{schema.settings()};
    // As a foreign writer would insert: no order key, no lane, no time.
    session.textExecute("INSERT INTO outbox_event (event_id, aggregate_type, aggregate_id, type, payload) "
                        "VALUES ('0123456789abcdef', 'payment', 'p-1', 'payment-completed', '{}')");
    static constexpr database::Statement state{
        "test.state",
        "SELECT e.order_key, q.lane, CRC32('p-1') & 15, s.status, "
        "ABS(TIMESTAMPDIFF(SECOND, e.created_at, UTC_TIMESTAMP(6))) < 60 "
        "FROM outbox_event e JOIN outbox_queue q ON q.id = e.id JOIN outbox_status s ON s.id = e.id"};
    const auto rows = session.query(state);
    BOOST_REQUIRE(rows.size() == 1);
    BOOST_TEST(rows[0].bytes(0) == "p-1");
    BOOST_TEST(rows[0].integer(1) == rows[0].integer(2));
    BOOST_TEST(rows[0].bytes(3) == "PENDING");
    BOOST_TEST(rows[0].integer(4) == 1);
    session.textExecute("DELETE FROM outbox_queue");
    static constexpr database::Statement status{"test.status", "SELECT status FROM outbox_status"};
    BOOST_TEST(session.query(status)[0].bytes(0) == "SENT");
}

BOOST_AUTO_TEST_CASE(a_second_live_payment_of_an_order_is_refused_by_the_schema) {
    TestDatabase schema;
    database::Session session{schema.settings()};
    const std::string pay = "INSERT INTO payment (order_id, method, amount, state) VALUES (7, 'POINTS', 5, ";
    session.textExecute(pay + "'FAILED')");
    session.textExecute(pay + "'SUCCEEDED')");
    session.textExecute(pay + "'FAILED')");
    try {
        session.textExecute(pay + "'PENDING')");
        BOOST_ERROR("two live payments");
    } catch (const database::DuplicateKey& duplicate) {
        BOOST_TEST(duplicate.names("payment_live_order"));
    }
}

BOOST_AUTO_TEST_SUITE_END()
