#include "commerce/mysql/authorization_batches.hpp"

#include "commerce/mysql/rows.hpp"
#include "platform/database/errors.hpp"
#include "platform/database/many_rows.hpp"
#include "sql/idempotency.hpp"
#include "sql/outbox_write.hpp"
#include "sql/payments.hpp"

#include <charconv>
#include <map>
#include <utility>

namespace outboxd::commerce::mysql {
namespace {

using database::ManyRows;

// Columns of lock_keys behind the key, as text; a NULL is an empty view.
IdempotencyRecord recordFrom(database::Session::TextRow row) {
    const auto number = [](std::string_view text) {
        std::int64_t value = 0;
        std::from_chars(text.data(), text.data() + text.size(), value);
        return value;
    };
    IdempotencyRecord record{.hash = hashFrom(row[0]),
                             .done = row[1] == "DONE",
                             .underway = {},
                             .status = static_cast<int>(number(row[2])),
                             .body = std::string{row[3]},
                             .expiresAt = database::parseDateTime(row[4]).value()};
    if (!row[5].empty()) record.underway = PaymentId{number(row[5])};
    if (!row[6].empty()) record.underway = RefundId{number(row[6])};
    return record;
}

class Batch final : public AuthorizationBatch {
public:
    explicit Batch(database::Session& session) : session_(session) {}

    std::vector<std::optional<IdempotencyRecord>>
    lockKeys(std::span<const IdempotencyRequest* const> requests) override {
        ManyRows statement(sql::idempotency::lock_keys);
        std::map<std::pair<std::string_view, std::string_view>, std::size_t> places;
        for (std::size_t i = 0; i < requests.size(); ++i) {
            statement.row({requests[i]->scope, requests[i]->key});
            places.emplace(std::pair{requests[i]->scope, requests[i]->key}, i);
        }
        std::vector<std::optional<IdempotencyRecord>> records(requests.size());
        session_.textQuery(statement.sql(), [&](database::Session::TextRow row) {
            records[places.at({row[0], row[1]})] = recordFrom(row.subspan(2));
        });
        return records;
    }

    std::vector<PaymentId> addPayments(std::span<const Payment> payments) override {
        ManyRows statement(sql::payments::insert_payment);
        for (const auto& payment : payments) {
            statement.row({payment.order, payment.user, name(payment.method), payment.merchant,
                           payment.amount, payment.currency, payment.reference, name(payment.state),
                           payment.gatewayKey, payment.nextInquiryAt, payment.createdAt, payment.createdAt});
        }
        session_.textExecute(statement.sql());
        // Rows of one INSERT ... VALUES have ids at equal distances, whoever else inserts (InnoDB knows their number
        // beforehand, in every innodb_autoinc_lock_mode).
        std::int64_t id = session_.lastInsertId();
        const auto step =
            payments.size() == 1 ? 1 : session_.query(sql::payments::id_step).front().integer(0);
        std::vector<PaymentId> ids;
        for (std::size_t i = 0; i < payments.size(); ++i, id += step) ids.push_back(PaymentId{id});
        return ids;
    }

    void addEvents(std::span<const OutboxEvent> events) override {
        ManyRows statement(sql::outbox_write::insert_event);
        for (const auto& event : events) {
            statement.row({event.id, event.aggregateType, event.aggregateId, event.orderKey, event.type,
                           event.payload, event.headers});
        }
        session_.textExecute(statement.sql());
        hasEvents_ = true;
    }

    bool addAnswers(std::span<const KeptAnswer> answers) override {
        ManyRows statement(sql::idempotency::insert_answers);
        for (const auto& answer : answers) {
            statement.row({answer.request->scope, answer.request->key, bytesOf(answer.request->hash),
                           answer.reply->status, answer.reply->body, answer.expiresAt});
        }
        try {
            session_.textExecute(statement.sql());
            return true;
        } catch (const database::DuplicateKey&) {
            return false;
        }
    }

    bool hasEvents() const { return hasEvents_; }

private:
    database::Session& session_;
    bool hasEvents_ = false;
};

} // namespace

AuthorizationBatches::AuthorizationBatches(database::Database& database, std::function<void()> onCommitted,
                                           std::function<void(database::Session&)> beforeCommit)
    : transactions_(database, std::move(onCommitted), std::move(beforeCommit)) {}

void AuthorizationBatches::run(const std::function<Ending(AuthorizationBatch&)>& work) {
    transactions_.run([](database::Session& session) { return Batch(session); }, work);
}

} // namespace outboxd::commerce::mysql
