// Giving back what an order holds.
#pragma once

#include "commerce/ports.hpp"

namespace outboxd::commerce {

// Gives the stock of every line and the coupon back, each exactly once however often this is called: a row of
// `compensation` with a unique key stands for each (order, target). The caller holds the order's row lock and moves the
// order to cancelled or expired in the same transaction. Stock rows are locked last, in product id order.
void release(Transaction& transaction, const Order& order);

// The coupon alone, if the order used one.
void releaseCoupon(Transaction& transaction, const Order& order);

} // namespace outboxd::commerce
