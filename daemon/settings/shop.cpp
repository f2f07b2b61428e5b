#include "daemon/settings/shop.hpp"

namespace outboxd::daemon {

using config::duration;
using enum config::Reload;

void describeShop(config::Schema& schema, ShopSettings& shop) {
    schema.section("orders", "Orders.");
    schema.add("payment_window", duration(shop.orders.paymentWindow, 1s, 24h * 30), restart,
               "How long a new order holds its stock before it expires unpaid.");
    schema.add(
        "expiry_interval", duration(shop.orders.expiryInterval, 100ms, 1h), restart,
        "How often unpaid orders are looked for whose time is over; they hold their stock so much longer.");

    schema.section("idempotency", "Idempotency-Key.");
    schema.add("retention", duration(shop.idempotency.retention, 1min, 24h * 30), restart,
               "How long a key's answer is kept; a retry after that is a new request.");

    describeGateway(schema, shop.gateway);
}

} // namespace outboxd::daemon
