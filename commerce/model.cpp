#include "commerce/model.hpp"

#include "commerce/names.hpp"

namespace outboxd::commerce {
namespace {

constexpr Names<HistoryKind, 6> kHistoryKinds{{{HistoryKind::charge, "CHARGE"},
                                               {HistoryKind::use, "USE"},
                                               {HistoryKind::refund, "REFUND"},
                                               {HistoryKind::adjustment, "ADJUSTMENT"},
                                               {HistoryKind::loyalty, "LOYALTY"},
                                               {HistoryKind::loyalty_back, "LOYALTY_BACK"}}};
constexpr Names<OrderState, 5> kOrderStates{{{OrderState::waiting, "WAITING"},
                                             {OrderState::paying, "PAYING"},
                                             {OrderState::complete, "COMPLETE"},
                                             {OrderState::cancelled, "CANCELLED"},
                                             {OrderState::expired, "EXPIRED"}}};
constexpr Names<PaymentMethod, 3> kPaymentMethods{{{PaymentMethod::points, "POINTS"},
                                                   {PaymentMethod::card, "CARD"},
                                                   {PaymentMethod::authorization, "AUTHORIZATION"}}};
constexpr Names<PaymentState, 5> kPaymentStates{{{PaymentState::pending, "PENDING"},
                                                 {PaymentState::succeeded, "SUCCEEDED"},
                                                 {PaymentState::failed, "FAILED"},
                                                 {PaymentState::unknown, "UNKNOWN"},
                                                 {PaymentState::refunded, "REFUNDED"}}};

} // namespace

std::string_view name(HistoryKind kind) { return nameIn(kHistoryKinds, kind); }
std::string_view name(OrderState state) { return nameIn(kOrderStates, state); }
std::string_view name(PaymentMethod method) { return nameIn(kPaymentMethods, method); }
std::string_view name(PaymentState state) { return nameIn(kPaymentStates, state); }

HistoryKind historyKindFrom(std::string_view name) { return valueIn(kHistoryKinds, name, "history kind"); }
OrderState orderStateFrom(std::string_view name) { return valueIn(kOrderStates, name, "order state"); }
PaymentMethod paymentMethodFrom(std::string_view name) {
    return valueIn(kPaymentMethods, name, "payment method");
}
PaymentState paymentStateFrom(std::string_view name) {
    return valueIn(kPaymentStates, name, "payment state");
}

} // namespace outboxd::commerce
