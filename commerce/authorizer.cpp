#include "commerce/authorizer.hpp"

#include "commerce/events.hpp"

#include <map>
#include <utility>

namespace outboxd::commerce {
namespace {

// A key that was added by another request between our look and our write is found at the next look.
constexpr int kRounds = 3;

bool nothingWasDone(core::ErrorKind kind) {
    return kind == core::ErrorKind::unavailable || kind == core::ErrorKind::overloaded ||
           kind == core::ErrorKind::timeout;
}

} // namespace

// One transaction's worth: outcomes are collected here and handed out when it has been committed.
class Authorizer::Round {
public:
    Round(Items items, const core::Clock& clock, std::chrono::seconds keptFor)
        : clock_(clock), now_(clock.today()), expiresAt_(now_ + keptFor) {
        std::map<std::pair<std::string_view, std::string_view>, Item*> byKey;
        for (auto* item : items) {
            const auto [first, added] = byKey.try_emplace({item->request.scope, item->request.key}, item);
            if (added) {
                distinct_.push_back(item);
            } else {
                twins_.emplace_back(item, first->second);
            }
        }
    }

    // False: overtaken, and to be rolled back and tried again.
    bool run(AuthorizationBatch& batch) {
        look(batch);
        if (fresh_.empty()) return true;
        std::vector<Payment> payments;
        for (const auto* item : fresh_) payments.push_back(newAuthorization(clock_, item->command));
        const auto ids = batch.addPayments(payments);
        std::vector<OutboxEvent> events;
        for (std::size_t i = 0; i < fresh_.size(); ++i) {
            payments[i].id = ids.at(i);
            events.push_back(paymentAuthorized(clock_, payments[i], fresh_[i]->command->traceparent));
            replies_.push_back(fresh_[i]->render(payments[i]));
        }
        batch.addEvents(events);
        std::vector<KeptAnswer> answers;
        for (std::size_t i = 0; i < fresh_.size(); ++i)
            answers.push_back({&fresh_[i]->request, &replies_[i], expiresAt_});
        return batch.addAnswers(answers);
    }

    void handOut() {
        for (auto& [item, outcome] : known_) item->outcome = std::move(outcome);
        for (std::size_t i = 0; i < fresh_.size(); ++i) fresh_[i]->outcome = Fresh{std::move(replies_[i])};
        for (const auto& [twin, first] : twins_) {
            const auto* fresh = first->outcome ? std::get_if<Fresh>(&*first->outcome) : nullptr;
            if (!fresh) continue;
            if (twin->request.hash == first->request.hash) {
                twin->outcome = Replayed{fresh->reply};
            } else {
                twin->outcome = KeyReused{};
            }
        }
    }

private:
    void look(AuthorizationBatch& batch) {
        std::vector<const IdempotencyRequest*> requests;
        for (const auto* item : distinct_) requests.push_back(&item->request);
        const auto records = batch.lockKeys(requests);
        for (std::size_t i = 0; i < distinct_.size(); ++i) {
            if (!records.at(i)) {
                fresh_.push_back(distinct_[i]);
            } else if (records[i]->expiresAt > now_) {
                known_.emplace_back(distinct_[i], answerFrom(*records[i], requests[i]->hash));
            }
        }
    }

    const core::Clock& clock_;
    const core::Timestamp now_;
    const core::Timestamp expiresAt_;
    std::vector<Item*> distinct_;                            // the first of each key
    std::vector<std::pair<Item*, const Item*>> twins_;       // and those that came in the same batch
    std::vector<std::pair<Item*, IdempotentOutcome>> known_; // answered from their records
    std::vector<Item*> fresh_;                               // to be written
    std::vector<Reply> replies_;                             // of fresh_
};

Authorizer::Authorizer(AuthorizationBatches& batches, IdempotentRunner& oneByOne, const core::Clock& clock,
                       std::chrono::seconds keptFor, CombinerSettings combining)
    : batches_(batches), oneByOne_(oneByOne), clock_(clock), keptFor_(keptFor),
      combiner_(combining, [this](Items items) { store(items); }) {}

IdempotentOutcome Authorizer::authorize(const IdempotencyRequest& request, const Valid<Authorize>& command,
                                        const Render& render) {
    Item item{request, command, render};
    if (!combiner_.run(item)) {
        throw core::Error(core::ErrorKind::overloaded, "an authorization's turn did not come in time",
                          "if this lasts, the database is slower than the requests come");
    }
    if (item.outcome) return std::move(*item.outcome);
    if (item.failure && nothingWasDone(item.failure->kind())) throw core::Error(*item.failure);
    const bool unknown = item.failure && item.failure->kind() == core::ErrorKind::outcome_unknown;
    return oneByOne_.run(
        request, [&](Transaction& transaction) { return render(commerce::authorize(transaction, command)); },
        unknown ? Earlier::outcome_unknown : Earlier::none);
}

void Authorizer::store(Items items) noexcept {
    const auto failed = [&](const core::Error& error) {
        for (auto* item : items) item->failure = error;
    };
    try {
        for (int round = 1; round <= kRounds; ++round) {
            Round attempt(items, clock_, keptFor_);
            bool overtaken = false;
            batches_.run([&](AuthorizationBatch& batch) {
                overtaken = !attempt.run(batch);
                return overtaken ? Ending::rollback : Ending::commit;
            });
            if (!overtaken) return attempt.handOut();
        }
    } catch (const core::Error& error) {
        failed(error);
    } catch (const std::exception& error) {
        failed({core::ErrorKind::internal, error.what()});
    }
}

} // namespace outboxd::commerce
