#include "daemon/settings/shop.hpp"

namespace outboxd::daemon {

using config::duration;
using config::flag;
using config::integer;
using config::percentage;
using enum config::Reload;

void describeShop(config::Schema& schema, ShopSettings& shop) {
    schema.section("orders", "Orders.");
    schema.add("payment_window", duration(shop.orders.paymentWindow, 1s, 24h * 30), restart,
               "How long a new order holds its stock before it expires unpaid.");

    schema.section("coupons", "First-come coupons.");
    schema.add("drain_batch", integer(shop.coupons.drainBatch, 1, 5000, "claims"), restart,
               "How many claims are decided in one transaction; the coupon's row is locked meanwhile.");

    schema.section("idempotency", "Idempotency-Key.");
    schema.add("retention", duration(shop.idempotency.retention, 1min, 24h * 30), restart,
               "How long a key's answer is kept; a retry after that is a new request.");

    schema.section("loyalty", "Loyalty points, given to the account of who paid.");
    schema.add(
        "rate", percentage(shop.loyalty.rate, 0, 100 * 100), restart,
        "Percent of what was paid that is given as points, rounded down; the same on all nodes. 0 gives "
        "none; refunds still take back what was given before.");

    describeGateway(schema, shop.gateway);

    schema.section("reconcile", "The books of the shop against each other, nightly.");
    schema.add(
        "repair", flag(shop.reconcile.repair), restart,
        "Off, what does not agree is reported, and repaired on an operator's order; on, the nightly run repairs "
        "what has one right answer.");
}

} // namespace outboxd::daemon
