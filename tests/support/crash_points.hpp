// Dies at a chosen step: before or after any transaction, before or after any call to the gateway.
#pragma once

#include "commerce/card_gateway.hpp"
#include "commerce/unit_of_work.hpp"

namespace outboxd::testing {

// Not a core::Error, so that nobody takes it for something to be handled.
struct Crash {};

class CrashPoints {
public:
    // Steps are counted from 1; 0: never.
    explicit CrashPoints(int at) : at_(at) {}
    void step() {
        if (++steps_ == at_) throw Crash{};
    }
    int steps() const { return steps_; }

private:
    const int at_;
    int steps_ = 0;
};

class CrashingUnitOfWork final : public commerce::UnitOfWork {
public:
    CrashingUnitOfWork(commerce::UnitOfWork& real, CrashPoints& points) : real_(real), points_(points) {}
    void run(const std::function<commerce::Ending(commerce::Transaction&)>& work) override {
        points_.step();
        real_.run([&](commerce::Transaction& transaction) {
            const auto ending = work(transaction);
            points_.step(); // before the commit: everything is rolled back
            return ending;
        });
        points_.step();
    }

private:
    commerce::UnitOfWork& real_;
    CrashPoints& points_;
};

class CrashingGateway final : public commerce::CardGateway {
public:
    using Answer = commerce::GatewayAnswer;
    CrashingGateway(commerce::CardGateway& real, CrashPoints& points) : real_(real), points_(points) {}
    Answer charge(const commerce::CardCharge& charge) override {
        return around([&] { return real_.charge(charge); });
    }
    Answer refund(const commerce::CardRefund& refund) override {
        return around([&] { return real_.refund(refund); });
    }
    Answer chargeState(const std::string& key) override {
        return around([&] { return real_.chargeState(key); });
    }
    Answer refundState(const std::string& key) override {
        return around([&] { return real_.refundState(key); });
    }

private:
    template <class Call> Answer around(Call call) {
        points_.step();
        auto answer = call();
        points_.step();
        return answer;
    }

    commerce::CardGateway& real_;
    CrashPoints& points_;
};

} // namespace outboxd::testing
