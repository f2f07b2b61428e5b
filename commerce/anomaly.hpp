// What the gateway said that does not fit what was known. Each is an alert: somebody should look.
#pragma once

#include <string_view>

namespace outboxd::commerce {

enum class Anomaly {
    payment_success_after_failure, // refunded, once
    payment_failure_after_success, // ignored
    payment_amount_mismatch,       // refused
    refund_success_after_failure,  // counted, if that much is left
    refund_failure_after_success,  // ignored
    refund_declined,               // what was reserved for it is free again
    refund_amount_mismatch,        // refused
};

// As the log and the metric spell it.
std::string_view name(Anomaly anomaly);

} // namespace outboxd::commerce
