#include "commerce/mysql/rows.hpp"
#include "commerce/mysql/transaction.hpp"
#include "platform/database/errors.hpp"
#include "sql/idempotency.hpp"

#include <algorithm>

namespace outboxd::commerce::mysql {

std::string_view bytesOf(const RequestHash& hash) {
    return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

RequestHash hashFrom(std::string_view bytes) {
    RequestHash hash{};
    if (bytes.size() != hash.size()) {
        throw core::Error(core::ErrorKind::invalid_data, "an idempotency record's hash is not 32 bytes long");
    }
    std::copy(bytes.begin(), bytes.end(), hash.begin());
    return hash;
}

std::variant<KeyAbsent, KeyLocked, IdempotencyRecord> IdempotencyKeys::lock(const std::string& scope,
                                                                            const std::string& key) {
    try {
        const auto rows = session_.query(sql::idempotency::lock_key, {scope, key});
        if (rows.empty()) return KeyAbsent{};
        const auto& row = rows.front();
        IdempotencyRecord record{.hash = hashFrom(row.bytes(0)),
                                 .done = row.bytes(1) == "DONE",
                                 .underway = {},
                                 .status = static_cast<int>(row.maybeInteger(2).value_or(0)),
                                 .body = row.maybeBytes(3).value_or(""),
                                 .expiresAt = row.time(4)};
        if (!row.isNull(5)) record.underway = row.id<PaymentId>(5);
        if (!row.isNull(6)) record.underway = row.id<RefundId>(6);
        return record;
    } catch (const database::LockNotAvailable&) {
        return KeyLocked{};
    }
}

bool IdempotencyKeys::add(const std::string& scope, const std::string& key, const RequestHash& hash,
                          core::Timestamp expiresAt) {
    try {
        session_.execute(sql::idempotency::insert_key, {scope, key, bytesOf(hash), expiresAt});
        return true;
    } catch (const database::DuplicateKey&) {
        return false;
    }
}

void IdempotencyKeys::replace(const std::string& scope, const std::string& key, const RequestHash& hash,
                              core::Timestamp expiresAt) {
    session_.execute(sql::idempotency::replace_key, {bytesOf(hash), expiresAt, scope, key});
}

void IdempotencyKeys::complete(const std::string& scope, const std::string& key, int status,
                               const std::string& body) {
    session_.execute(sql::idempotency::complete_key, {status, body, scope, key});
}

void IdempotencyKeys::leaveTo(const std::string& scope, const std::string& key, const Underway& underway) {
    std::optional<PaymentId> payment;
    std::optional<RefundId> refund;
    if (const auto* id = std::get_if<PaymentId>(&underway)) payment = *id;
    if (const auto* id = std::get_if<RefundId>(&underway)) refund = *id;
    session_.execute(sql::idempotency::leave_key_to, {payment, refund, scope, key});
}

} // namespace outboxd::commerce::mysql
