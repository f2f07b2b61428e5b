// Batches of authorizations over the plain ports of any unit of work: one after another, in one transaction.
#pragma once

#include "commerce/authorization_batch.hpp"
#include "platform/core/error.hpp"

namespace outboxd::testing {

class FakeAuthorizationBatches final : public commerce::AuthorizationBatches {
public:
    explicit FakeAuthorizationBatches(commerce::UnitOfWork& unitOfWork) : unitOfWork_(unitOfWork) {}

    // How many requests each batch looked up so far.
    const std::vector<std::size_t>& sizes() const { return sizes_; }

    void run(const std::function<commerce::Ending(commerce::AuthorizationBatch&)>& work) override {
        unitOfWork_.run([&](commerce::Transaction& transaction) {
            Batch batch(*this, transaction);
            return work(batch);
        });
    }

private:
    class Batch final : public commerce::AuthorizationBatch {
    public:
        Batch(FakeAuthorizationBatches& owner, commerce::Transaction& transaction)
            : owner_(owner), transaction_(transaction) {}

        std::vector<std::optional<commerce::IdempotencyRecord>>
        lockKeys(std::span<const commerce::IdempotencyRequest* const> requests) override {
            owner_.sizes_.push_back(requests.size());
            std::vector<std::optional<commerce::IdempotencyRecord>> records;
            for (const auto* request : requests) {
                const auto found = transaction_.idempotencyKeys().lock(request->scope, request->key);
                if (std::holds_alternative<commerce::KeyLocked>(found))
                    throw core::Error(core::ErrorKind::contention, "a key is locked");
                const auto* record = std::get_if<commerce::IdempotencyRecord>(&found);
                records.push_back(record ? std::optional{*record} : std::nullopt);
            }
            return records;
        }
        std::vector<commerce::PaymentId> addPayments(std::span<const commerce::Payment> payments) override {
            std::vector<commerce::PaymentId> ids;
            for (const auto& payment : payments) ids.push_back(transaction_.payments().add(payment));
            return ids;
        }
        void addEvents(std::span<const commerce::OutboxEvent> events) override {
            for (const auto& event : events) transaction_.outbox().add(event);
        }
        bool addAnswers(std::span<const commerce::KeptAnswer> answers) override {
            auto& keys = transaction_.idempotencyKeys();
            for (const auto& answer : answers) {
                const auto& [scope, key, hash] = *answer.request;
                if (!keys.add(scope, key, hash, answer.expiresAt)) return false;
                keys.complete(scope, key, answer.reply->status, answer.reply->body);
            }
            return true;
        }

    private:
        FakeAuthorizationBatches& owner_;
        commerce::Transaction& transaction_;
    };

    commerce::UnitOfWork& unitOfWork_;
    std::vector<std::size_t> sizes_;
};

} // namespace outboxd::testing
