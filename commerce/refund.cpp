#include "commerce/refund.hpp"

#include "commerce/names.hpp"

namespace outboxd::commerce {
namespace {

constexpr Names<RefundState, 4> kRefundStates{{{RefundState::pending, "PENDING"},
                                               {RefundState::succeeded, "SUCCEEDED"},
                                               {RefundState::failed, "FAILED"},
                                               {RefundState::unknown, "UNKNOWN"}}};
constexpr Names<RefundOrigin, 2> kRefundOrigins{
    {{RefundOrigin::request, "REQUEST"}, {RefundOrigin::compensation, "COMPENSATION"}}};

} // namespace

std::string_view name(RefundState state) { return nameIn(kRefundStates, state); }
std::string_view name(RefundOrigin origin) { return nameIn(kRefundOrigins, origin); }
RefundState refundStateFrom(std::string_view name) { return valueIn(kRefundStates, name, "refund state"); }
RefundOrigin refundOriginFrom(std::string_view name) {
    return valueIn(kRefundOrigins, name, "refund origin");
}

} // namespace outboxd::commerce
