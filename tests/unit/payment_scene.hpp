// Ann, her points, a product, an order, and a gateway that does as it is told; all in memory.
#pragma once

#include "tests/support/card_verbs.hpp"
#include "tests/support/fake_shop.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/payment_watch.hpp"
#include "tests/support/scripted_gateway.hpp"

#include <sstream>

namespace outboxd::testing {

struct PaymentScene {
    ManualClock clock;
    FakeShop rows{clock};
    ScriptedGateway gateway;
    MemoryPaymentWatch watch;
    ShopVerbs verbs{rows};
    CardVerbs cards{rows, gateway, watch, clock};
    commerce::UserId ann = verbs.userWith("ann", 1000);
    commerce::ProductId mug = verbs.product("mug", 300, 5);
    commerce::OrderId order = verbs.placed(ann, mug, 2);

    commerce::Payment pay() { return cards.pay(order, ann); }
    commerce::Payment begun() { return std::get<commerce::Payment>(cards.begin(order, ann)); }

    void requestCancel() {
        rows.run([this](commerce::Transaction& transaction) {
            return transaction.orders().requestCancel(order) ? commerce::Ending::commit
                                                             : commerce::Ending::rollback;
        });
    }

    std::string orderState() { return std::string{name(rows.order(order)->state)}; }
    std::string stateOf(commerce::PaymentId id) { return std::string{name(rows.payment(id)->state)}; }
    std::int64_t refundedOf(commerce::PaymentId id) { return rows.payment(id)->refunded.minorUnits(); }
    std::int64_t stock() { return rows.product(mug)->stock; }
    std::int64_t points() { return rows.balance(ann)->minorUnits(); }
    std::vector<commerce::Refund> refundsOf(commerce::PaymentId id) { return rows.refunds(id, {}).items; }
    // The types of the order's events after OrderPlaced, joined by blanks.
    std::string story() {
        std::string types;
        for (const auto& event : rows.events()) {
            if (event.aggregateType != "order" || event.type == "OrderPlaced") continue;
            types += (types.empty() ? "" : " ") + event.type;
        }
        return types;
    }
    const commerce::OutboxEvent lastEvent() { return rows.events().back(); }
};

} // namespace outboxd::testing
