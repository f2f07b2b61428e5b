// Settings of the shop: how long things are kept, the coupon queue, loyalty points, the card gateway.
#pragma once

#include "daemon/settings/duration.hpp"
#include "daemon/settings/gateway.hpp"
#include "platform/config/schema.hpp"

namespace outboxd::daemon {

struct ShopSettings {
    struct Orders {
        Duration paymentWindow = 15min;
    } orders;

    struct Coupons {
        std::size_t drainBatch = 500;
    } coupons;

    struct Idempotency {
        Duration retention = 24h;
    } idempotency;

    struct Loyalty {
        std::int64_t rate = 100; // hundredths of a percent
    } loyalty;

    GatewaySettings gateway;

    struct Reconcile {
        bool repair = false;
    } reconcile;
};

// `shop` must not move and must outlive the schema.
void describeShop(config::Schema& schema, ShopSettings& shop);

} // namespace outboxd::daemon
