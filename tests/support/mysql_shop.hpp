// The shop on a schema of its own on the real server.
#pragma once

#include "commerce/coupon_ports.hpp"
#include "commerce/mysql/claim_queue.hpp"
#include "commerce/mysql/coupon_reader.hpp"
#include "commerce/mysql/shop_reader.hpp"
#include "commerce/mysql/unit_of_work.hpp"
#include "commerce/ports.hpp"
#include "tests/support/test_database.hpp"

#include <fmt/format.h>

#include <atomic>
#include <vector>

namespace outboxd::testing {

class MySqlShop {
public:
    // `waiters` and `wait`: so that many threads of one test queue for a session instead of being refused.
    MySqlShop()
        : pool_(schema_.settings(), {.sessions = 16, .waiters = 256, .wait = std::chrono::seconds{60}},
                clock_),
          database_(pool_, {.attempts = 20}), unitOfWork_(database_, clock_, [this] { ++rings_; }),
          reader_(database_), claimQueue_(database_), couponReader_(database_) {}

    commerce::UnitOfWork& unitOfWork() { return unitOfWork_; }
    commerce::ShopReader& reader() { return reader_; }
    commerce::ClaimQueue& claimQueue() { return claimQueue_; }
    commerce::CouponReader& couponReader() { return couponReader_; }
    database::Database& database() { return database_; }
    const TestDatabase& schema() const { return schema_; }
    const core::Clock& clock() const { return clock_; }
    int rings() const { return rings_; }

    // What was committed to the outbox, in order.
    std::vector<commerce::OutboxEvent> events() {
        static constexpr database::Statement statement{
            "test.events", "SELECT event_id, aggregate_type, aggregate_id, order_key, type, payload, headers "
                           "FROM outbox_event ORDER BY id"};
        std::vector<commerce::OutboxEvent> events;
        for (const auto& row : database_.session()->query(statement)) {
            events.push_back({core::EventId::fromBinary(row.bytes(0)).value(), row.bytes(1), row.bytes(2),
                              row.bytes(3), row.bytes(4), row.maybeBytes(5), row.maybeBytes(6)});
        }
        return events;
    }

    // The user holds a coupon, as if they had won it; the coupon itself is made if there is none.
    void plant(commerce::UserId user, commerce::CouponId coupon,
               commerce::UserCouponState state = commerce::UserCouponState::available,
               std::optional<commerce::OrderId> order = {}) {
        const auto session = database_.session();
        session->textExecute(fmt::format(
            "INSERT IGNORE INTO coupon (id, name, kind, discount, total, starts_at, ends_at) VALUES "
            "({}, 'c', 'FIXED', 100, 1000, '2020-01-01', '2090-01-01')",
            coupon.value));
        session->textExecute(fmt::format(
            "INSERT INTO user_coupon (coupon_id, user_id, state, order_id) VALUES ({}, {}, '{}', {})",
            coupon.value, user.value, commerce::name(state), order ? std::to_string(order->value) : "NULL"));
    }

    // One number from a query of the test's own.
    std::int64_t number(const std::string& sql) {
        std::int64_t result = 0;
        database_.session()->textQuery(sql, [&](auto row) { result = std::stoll(std::string{row[0]}); });
        return result;
    }

private:
    TestDatabase schema_;
    core::SystemClock clock_;
    std::atomic<int> rings_{0};
    database::Pool pool_;
    database::Database database_;
    commerce::mysql::UnitOfWork unitOfWork_;
    commerce::mysql::ShopReader reader_;
    commerce::mysql::ClaimQueue claimQueue_;
    commerce::mysql::CouponReader couponReader_;
};

} // namespace outboxd::testing
