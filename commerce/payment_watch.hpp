// Who counts payments and hears of what does not fit.
#pragma once

#include "commerce/anomaly.hpp"
#include "commerce/model.hpp"
#include "commerce/refund.hpp"

#include <optional>
#include <string_view>

namespace outboxd::commerce {

// Thread-safe. Called after the commit of what it says, once for each; a crash in between loses the call. Must not throw.
class PaymentWatch {
public:
    virtual ~PaymentWatch() = default;
    // It reached this state.
    virtual void moved(PaymentMethod method, PaymentState state) = 0;
    virtual void moved(const Refund& refund) = 0;
    // `key` is what the gateway knows the payment or refund by.
    virtual void alert(Anomaly anomaly, const std::string& key, std::int64_t id) = 0;
    // The gateway's answer could not be written down; the recovery will ask again.
    virtual void delayed(std::string_view what, std::int64_t id, std::string_view error) = 0;
};

} // namespace outboxd::commerce
