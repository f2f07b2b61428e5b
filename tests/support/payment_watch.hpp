// Remembers what was counted and what was alerted.
#pragma once

#include "commerce/payment_watch.hpp"

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

namespace outboxd::testing {

class MemoryPaymentWatch final : public commerce::PaymentWatch {
public:
    void moved(commerce::PaymentMethod method, commerce::PaymentState state) override {
        add(std::string{name(method)} + " " + std::string{name(state)});
    }
    void moved(const commerce::Refund& refund) override { add("refund " + std::string{name(refund.state)}); }
    void alert(commerce::Anomaly anomaly, const std::string&, std::int64_t) override {
        add("alert " + std::string{name(anomaly)});
    }
    void delayed(std::string_view what, std::int64_t, std::string_view) override {
        add("delayed " + std::string{what});
    }

    std::vector<std::string> all() const {
        const std::lock_guard lock(mutex_);
        return lines_;
    }
    std::ptrdiff_t count(const std::string& line) const {
        const auto lines = all();
        return std::count(lines.begin(), lines.end(), line);
    }

private:
    void add(std::string line) {
        const std::lock_guard lock(mutex_);
        lines_.push_back(std::move(line));
    }

    mutable std::mutex mutex_;
    std::vector<std::string> lines_; // guarded by mutex_
};

} // namespace outboxd::testing
