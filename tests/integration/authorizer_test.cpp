// Many authorizations in one transaction on the real database: each with its own fate, each once.
#include "commerce/authorizer.hpp"
#include "commerce/mysql/authorization_batches.hpp"
#include "platform/database/many_rows.hpp"
#include "sql/idempotency.hpp"
#include "tests/support/crowd.hpp"
#include "tests/support/mysql_shop.hpp"
#include "tests/support/shop_verbs.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <map>
#include <set>

using namespace outboxd;
using namespace outboxd::commerce;
using outboxd::testing::crowd;
using namespace std::chrono_literals;

namespace {

struct Shop : testing::MySqlShop {
    database::ConnectionSettings impatient() {
        auto settings = schema().settings();
        settings.lockWait = 1s;
        return settings;
    }
    database::Pool pool{impatient(), {.sessions = 2}, clock()};
    database::Database batchDatabase{pool, {.attempts = 1}};
    // Called between all writes of a batch and its commit.
    std::function<void(database::Session&)> beforeCommit;
    mysql::AuthorizationBatches batches{batchDatabase, {}, [this](database::Session& session) {
                                            if (beforeCommit) beforeCommit(session);
                                        }};
    IdempotentRunner runner{unitOfWork()};
    Authorizer authorizer{batches, runner, clock(), 24h, {.leaders = 2, .largest = 32, .wait = 60s}};

    IdempotentOutcome send(const IdempotencyRequest& request, const std::string& reference = "order 7") {
        const auto command =
            testing::valid(Authorize{"커피 'n' \\ tea", core::Money{5}, "EUR", reference, "00-trace"});
        return authorizer.authorize(request, command, [](const Payment& payment) {
            return Reply{201, fmt::format("{} {}", payment.id.value, *payment.reference), true};
        });
    }
    static IdempotencyRequest request(const std::string& key, std::uint8_t hash = 1) {
        return {"client-1", key, RequestHash{hash}};
    }
    void assertStored(std::int64_t count) {
        for (const std::string table : {"payment", "outbox_event", "outbox_queue", "idempotency_key"})
            BOOST_TEST(number("SELECT COUNT(*) FROM " + table) == count, table);
        BOOST_TEST(
            number("SELECT COUNT(*) FROM payment p JOIN outbox_event e ON e.order_key = p.id AND "
                   "JSON_VALUE(e.payload, '$.paymentId') = p.id AND JSON_VALUE(e.payload, '$.reference') = "
                   "p.reference JOIN idempotency_key k ON k.state = 'DONE' AND k.body = "
                   "CONCAT(p.id, ' ', p.reference)") == count);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(authorizer, Shop)

BOOST_AUTO_TEST_CASE(every_field_arrives_byte_for_byte) {
    const auto outcome = send(request("k"), "참조 \U0001F600 \"x\"");
    const auto payment = reader().payment(PaymentId{std::stoll(std::get<Fresh>(outcome).reply.body)}).value();
    BOOST_TEST(payment.merchant.value() == "커피 'n' \\ tea");
    BOOST_TEST(payment.reference.value() == "참조 \U0001F600 \"x\"");
    BOOST_TEST(payment.currency.value() == "EUR");
    BOOST_TEST((payment.method == PaymentMethod::authorization));
    const auto event = events().at(0);
    BOOST_TEST(event.payload->find("커피 'n' \\\\ tea") != std::string::npos);
    BOOST_TEST(event.headers.value() == R"({"traceparent":"00-trace"})");
    assertStored(1);
    BOOST_TEST(std::get<Replayed>(send(request("k"))).reply.body == std::get<Fresh>(outcome).reply.body);
}

BOOST_AUTO_TEST_CASE(a_crowd_stores_each_authorization_once_with_the_id_that_its_answer_names) {
    crowd(32, [&](int thread) {
        for (int i = 0; i < 50; ++i) {
            const auto name = fmt::format("{}-{}", thread, i);
            const auto outcome = send(request(name), name);
            if (!std::get<Fresh>(outcome).reply.body.ends_with(" " + name))
                throw std::runtime_error("the answer of another request");
        }
    });
    assertStored(32 * 50);
}

BOOST_AUTO_TEST_CASE(ids_are_right_where_the_server_gives_them_in_steps) {
    const auto command = testing::valid(Authorize{"m", core::Money{5}, "EUR", "r", {}});
    batches.run([&](AuthorizationBatch& batch) {
        const auto payment = newAuthorization(clock(), command);
        const auto plain = batch.addPayments(std::vector{payment, payment});
        BOOST_TEST(plain[1].value - plain[0].value == 1);
        return Ending::commit;
    });
    {
        auto session = batchDatabase.session(); // the one that the next batch gets
        session->textExecute("SET SESSION auto_increment_increment = 3");
    }
    batches.run([&](AuthorizationBatch& batch) {
        const auto payment = newAuthorization(clock(), command);
        for (const auto id : batch.addPayments(std::vector{payment, payment, payment})) {
            BOOST_TEST(id.value % 3 == 1);
        }
        return Ending::commit;
    });
    BOOST_TEST(number("SELECT COUNT(*) FROM payment WHERE id % 3 = 1 AND id > 2") == 3);
}

BOOST_AUTO_TEST_CASE(a_crowd_with_few_keys_has_one_effect_for_each_and_identical_answers) {
    std::mutex mutex;
    std::map<std::string, std::multiset<std::string>> answers; // guarded by mutex
    std::atomic<int> fresh{0};
    std::atomic<int> reused{0};
    crowd(48, [&](int thread) {
        for (int i = 0; i < 10; ++i) {
            const auto key = std::to_string(i);
            const auto outcome = send(request(key, thread % 8 == 0 ? 2 : 1), key);
            const std::lock_guard lock(mutex);
            if (const auto* first = std::get_if<Fresh>(&outcome)) {
                ++fresh;
                answers[key].insert(first->reply.body);
            } else if (const auto* again = std::get_if<Replayed>(&outcome)) {
                answers[key].insert(again->reply.body);
            } else if (std::holds_alternative<KeyReused>(outcome)) {
                ++reused;
            }
        }
    });
    BOOST_TEST(fresh == 10);
    BOOST_TEST(reused > 0);
    for (const auto& [key, bodies] : answers)
        BOOST_TEST(bodies.count(*bodies.begin()) == bodies.size(), "different answers for key " << key);
    assertStored(10);
}

BOOST_AUTO_TEST_CASE(a_key_that_another_transaction_holds_is_told_so_at_once) {
    bool asked = false;
    runner.run(request("k"), [&](Transaction& transaction) {
        BOOST_TEST(std::holds_alternative<InProgress>(send(request("k"))));
        asked = true;
        const auto command = testing::valid(Authorize{"m", core::Money{5}, "EUR", "r", {}});
        const auto payment = commerce::authorize(transaction, command);
        return Reply{201, std::to_string(payment.id.value), true};
    });
    BOOST_TEST(asked);
    BOOST_TEST(std::holds_alternative<Replayed>(send(request("k"))));
    BOOST_TEST(number("SELECT COUNT(*) FROM payment") == 1);
}

BOOST_AUTO_TEST_CASE(a_connection_killed_before_the_commit_leaves_nothing_and_the_request_is_done_again) {
    beforeCommit = [&](database::Session& session) {
        beforeCommit = {};
        const auto id = session.query({"test.id", "SELECT CONNECTION_ID()"}).front().integer(0);
        database().session()->textExecute("KILL CONNECTION " + std::to_string(id));
    };
    auto outcome = send(request("k"));
    // The server gives the key back when it has noticed that the connection is dead, which is soon.
    for (int i = 0; i < 10'000 && std::holds_alternative<InProgress>(outcome); ++i)
        outcome = send(request("k"));
    BOOST_TEST(std::holds_alternative<Fresh>(outcome));
    assertStored(1);
}

BOOST_AUTO_TEST_CASE(keys_of_a_batch_are_looked_up_by_their_index) {
    for (int i = 0; i < 50; ++i) send(request("k" + std::to_string(i)));
    database().session()->textExecute("ANALYZE TABLE idempotency_key");
    database::ManyRows statement(sql::idempotency::lock_keys);
    for (int i = 0; i < 4; ++i) statement.row({"client-1", "k" + std::to_string(i)});
    std::string type;
    std::int64_t rows = 0;
    database().session()->textQuery("EXPLAIN " + statement.sql(), [&](auto row) {
        type = row[3];
        rows = std::stoll(std::string{row[8]});
    });
    BOOST_TEST(type == "range");
    BOOST_TEST(rows <= 8);
}

BOOST_AUTO_TEST_SUITE_END()
