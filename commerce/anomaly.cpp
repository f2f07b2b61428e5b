#include "commerce/anomaly.hpp"

#include "commerce/names.hpp"

namespace outboxd::commerce {
namespace {

constexpr Names<Anomaly, 7> kAnomalies{
    {{Anomaly::payment_success_after_failure, "payment_success_after_failure"},
     {Anomaly::payment_failure_after_success, "payment_failure_after_success"},
     {Anomaly::payment_amount_mismatch, "payment_amount_mismatch"},
     {Anomaly::refund_success_after_failure, "refund_success_after_failure"},
     {Anomaly::refund_failure_after_success, "refund_failure_after_success"},
     {Anomaly::refund_declined, "refund_declined"},
     {Anomaly::refund_amount_mismatch, "refund_amount_mismatch"}}};

} // namespace

std::string_view name(Anomaly anomaly) { return nameIn(kAnomalies, anomaly); }

} // namespace outboxd::commerce
