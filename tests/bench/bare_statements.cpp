#include "tests/bench/bare_statements.hpp"

#include <chrono>
#include <ctime>
#include <fmt/format.h>
#include <stdexcept>
#include <sys/random.h>

namespace outboxd::bench {
namespace {

constexpr unsigned kDuplicate = 1062;

[[noreturn]] void fail(MYSQL_STMT* handle) { throw std::runtime_error(mysql_stmt_error(handle)); }

std::chrono::microseconds sinceEpoch() {
    return std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now().time_since_epoch());
}

std::string dateTime(std::chrono::microseconds time, char between, std::string_view end) {
    const std::time_t seconds = time.count() / 1'000'000;
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    return fmt::format("{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}.{:06}{}", utc.tm_year + 1900, utc.tm_mon + 1,
                       utc.tm_mday, between, utc.tm_hour, utc.tm_min, utc.tm_sec, time.count() % 1'000'000,
                       end);
}

std::string uuid7(std::chrono::microseconds time) {
    std::string id(16, '\0');
    if (getrandom(id.data(), id.size(), 0) != 16) throw std::runtime_error("getrandom");
    const auto millis = time.count() / 1000;
    for (std::size_t i = 0; i < 6; ++i) id[i] = static_cast<char>(millis >> (40 - 8 * i));
    id[6] = static_cast<char>(0x70 | (id[6] & 0x0f));
    id[8] = static_cast<char>(0x80 | (id[8] & 0x3f));
    return id;
}

} // namespace

BareStatement::BareStatement(MYSQL* connection, std::string_view sql) : handle_(mysql_stmt_init(connection)) {
    if (mysql_stmt_prepare(handle_.get(), sql.data(), sql.size()) != 0) fail(handle_.get());
}

std::uint64_t BareStatement::run(const std::vector<std::string_view>& values) {
    MYSQL_BIND binds[16] = {};
    for (std::size_t i = 0; i < values.size(); ++i) {
        binds[i].buffer_type = values[i].data() ? MYSQL_TYPE_STRING : MYSQL_TYPE_NULL;
        binds[i].buffer = const_cast<char*>(values[i].data());
        binds[i].buffer_length = values[i].size();
    }
    if (mysql_stmt_bind_param(handle_.get(), binds) != 0 || mysql_stmt_execute(handle_.get()) != 0)
        fail(handle_.get());
    return mysql_stmt_affected_rows(handle_.get());
}

bool BareStatement::found() {
    const bool row = mysql_stmt_fetch(handle_.get()) == 0;
    mysql_stmt_free_result(handle_.get());
    return row;
}

BareSession::BareSession(const BareDatabase& database) : handle_(mysql_init(nullptr)) {
    auto* handle = handle_.get();
    mysql_optionsv(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (mysql_real_connect(handle, database.host.c_str(), database.user.c_str(), database.password.c_str(),
                           database.schema.c_str(), database.port, nullptr, 0) == nullptr)
        throw std::runtime_error(mysql_error(handle));
    text("SET SESSION time_zone = '+00:00'");
    text("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
    const auto prepare = [handle](std::string_view sql) {
        return std::make_unique<BareStatement>(handle, sql);
    };
    lockKey_ = prepare(
        "SELECT request_hash, state, status, body, expires_at FROM idempotency_key WHERE scope = ? AND "
        "idempotency_key = ? FOR UPDATE NOWAIT");
    insertPayment_ =
        prepare("INSERT INTO payment (order_id, user_id, method, merchant, amount, currency, reference, "
                "state, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    insertEvent_ =
        prepare("INSERT INTO outbox_event (event_id, aggregate_type, aggregate_id, order_key, type, payload, "
                "headers) VALUES (?, ?, ?, ?, ?, ?, ?)");
    insertKey_ =
        prepare("INSERT INTO idempotency_key (scope, idempotency_key, request_hash, state, status, body, "
                "payment_id, expires_at) VALUES (?, ?, ?, 'DONE', ?, ?, ?, ?)");
    insertClaim_ = prepare("INSERT INTO coupon_claim (coupon_id, user_id) VALUES (?, ?)");
}

void BareSession::text(const char* sql) {
    if (mysql_query(handle_.get(), sql) != 0) throw std::runtime_error(mysql_error(handle_.get()));
}

std::string BareSession::authorize(const BareAuthorization& wanted) {
    const auto now = sinceEpoch();
    const auto at = dateTime(now, ' ', "");
    const auto expires = dateTime(now + std::chrono::hours{24}, ' ', "");
    const auto amount = std::to_string(wanted.amount);
    const std::string_view none;
    text("START TRANSACTION");
    lockKey_->run({"anonymous", wanted.key});
    if (lockKey_->found()) {
        text("ROLLBACK");
        return {};
    }
    insertPayment_->run({none, none, "AUTHORIZATION", wanted.merchant, amount, wanted.currency,
                         wanted.reference, "SUCCEEDED", at, at});
    const auto id = std::to_string(insertPayment_->insertId());
    const auto payload = fmt::format(
        R"({{"version":1,"paymentId":{},"merchant":"{}","amount":{},"currency":"{}","reference":"{}",)"
        R"("authorizedAt":"{}"}})",
        id, wanted.merchant, amount, wanted.currency, wanted.reference, dateTime(now, 'T', "Z"));
    const auto event = uuid7(now);
    insertEvent_->run({event, "payment", id, id, "PaymentAuthorized", payload,
                       R"({"traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"})"});
    auto body =
        fmt::format(R"({{"paymentId":{},"method":"AUTHORIZATION","state":"SUCCEEDED","amount":{},)"
                    R"("merchant":"{}","currency":"{}","reference":"{}","createdAt":"{}"}})",
                    id, amount, wanted.merchant, wanted.currency, wanted.reference, dateTime(now, 'T', "Z"));
    insertKey_->run({"anonymous", wanted.key, wanted.hash, "201", body, id, expires});
    text("COMMIT");
    return body;
}

bool BareSession::claim(std::int64_t coupon, std::int64_t user) {
    try {
        insertClaim_->run({std::to_string(coupon), std::to_string(user)});
        return true;
    } catch (const std::runtime_error&) {
        if (mysql_errno(handle_.get()) == kDuplicate) return false;
        throw;
    }
}

} // namespace outboxd::bench
