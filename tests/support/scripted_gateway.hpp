// A gateway in memory with a ledger of its own. Verbs say what goes wrong next; without any it charges and refunds. The
// same key is the same charge or refund, whatever is asked.
#pragma once

#include "commerce/card_gateway.hpp"

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace outboxd::testing {

class ScriptedGateway final : public commerce::CardGateway {
public:
    using Answer = commerce::GatewayAnswer;
    using Outcome = Answer::Outcome;

    // The next call that moves money...
    void declineNext(std::string reason = "no money") {
        script(Outcome::declined, Outcome::declined, std::move(reason));
    }
    void timeOutThenSucceed() { script(Outcome::unknown, Outcome::succeeded, "timeout"); }
    void timeOutThenDecline() { script(Outcome::unknown, Outcome::declined, "timeout"); }
    void loseNext() { script(Outcome::unknown, Outcome::not_found, "timeout"); } // it never arrives
    void keepNextPending() { script(Outcome::pending, Outcome::pending, ""); }
    // What is asked for meanwhile: called outside the gateway's lock, before the answer goes out.
    void meanwhile(std::function<void()> act) {
        const std::lock_guard lock(mutex_);
        meanwhile_ = std::move(act);
    }

    // From here on nothing goes wrong any more.
    void forgetScript() {
        const std::lock_guard lock(mutex_);
        script_.clear();
    }

    // Nothing arrives, nothing is answered.
    void goDown() { setDown(true); }
    void comeBack() { setDown(false); }
    // What was pending, declined or never arrived ends like this after all.
    void decide(const std::string& key, Outcome outcome) {
        const std::lock_guard lock(mutex_);
        auto& entry = ledger_[key];
        entry.outcome = outcome;
    }

    struct Entry {
        Outcome outcome = Outcome::not_found;
        core::Money amount;
        std::string paymentKey; // of a refund
    };
    std::map<std::string, Entry> ledger() const {
        const std::lock_guard lock(mutex_);
        return ledger_;
    }
    // Money taken less money given back, in all.
    std::int64_t earned() const {
        const std::lock_guard lock(mutex_);
        std::int64_t sum = 0;
        for (const auto& [key, entry] : ledger_) {
            if (entry.outcome != Outcome::succeeded) continue;
            sum += entry.paymentKey.empty() ? entry.amount.minorUnits() : -entry.amount.minorUnits();
        }
        return sum;
    }
    int calls() const {
        const std::lock_guard lock(mutex_);
        return calls_;
    }

    Answer charge(const commerce::CardCharge& charge) override { return move(charge.key, charge.amount, ""); }
    Answer refund(const commerce::CardRefund& refund) override {
        return move(refund.key, refund.amount, refund.paymentKey);
    }
    Answer chargeState(const std::string& key) override { return state(key); }
    Answer refundState(const std::string& key) override { return state(key); }

private:
    struct Step {
        Outcome said = Outcome::succeeded;
        Outcome done = Outcome::succeeded;
        std::string reason;
    };

    void script(Outcome said, Outcome done, std::string reason) {
        const std::lock_guard lock(mutex_);
        script_.push_back({said, done, std::move(reason)});
    }
    void setDown(bool down) {
        const std::lock_guard lock(mutex_);
        down_ = down;
    }

    Answer move(const std::string& key, core::Money amount, const std::string& paymentKey) {
        std::function<void()> act;
        auto answer = [&]() -> Answer {
            const std::lock_guard lock(mutex_);
            ++calls_;
            act = std::exchange(meanwhile_, {});
            if (down_) return {Outcome::unknown, "down"};
            const auto known = ledger_.find(key);
            if (known != ledger_.end() && known->second.outcome != Outcome::not_found)
                return {known->second.outcome, "as before"};
            Step step;
            if (!script_.empty()) {
                step = script_.front();
                script_.pop_front();
            }
            ledger_[key] = {step.done, amount, paymentKey};
            return {step.said, step.reason};
        }();
        if (act) act();
        return answer;
    }
    Answer state(const std::string& key) {
        const std::lock_guard lock(mutex_);
        ++calls_;
        if (down_) return {Outcome::unknown, "down"};
        const auto known = ledger_.find(key);
        return known == ledger_.end() ? Answer{Outcome::not_found, ""}
                                      : Answer{known->second.outcome, "as before"};
    }

    mutable std::mutex mutex_;
    // All guarded by mutex_.
    std::deque<Step> script_;
    std::function<void()> meanwhile_;
    std::map<std::string, Entry> ledger_;
    bool down_ = false;
    int calls_ = 0;
};

} // namespace outboxd::testing
