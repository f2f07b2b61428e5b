// Rows as the statements of sql/queries select them, turned into the shop's things.
#pragma once

#include "commerce/coupon.hpp"
#include "commerce/model.hpp"
#include "commerce/ports.hpp"
#include "commerce/refund.hpp"
#include "platform/database/session.hpp"

#include <vector>

namespace outboxd::commerce::mysql {

// users.user_by_id
User userFrom(const database::Row& row);
// points.history_page
HistoryEntry historyEntryFrom(const database::Row& row);
// products.product_by_id, products_by_ids, products_page
Product productFrom(const database::Row& row);
// stock.adjustments_page
StockAdjustment adjustmentFrom(const database::Row& row);
// orders.order_by_id, lock_order; reads the lines with a second statement
Order orderFrom(database::Session& session, const database::Row& row);
// Many at once: orders_of_user; reads the lines of all with one second statement
std::vector<Order> ordersFrom(database::Session& session, const database::Rows& rows);
// user_coupons.lock_user_coupon
UserCoupon userCouponFrom(const database::Row& row);
// payments.payment_by_id, lock_payment
Payment paymentFrom(const database::Row& row);
// A request's hash as it is stored. Throws core::Error(invalid_data) if it has not 32 bytes.
std::string_view bytesOf(const RequestHash& hash);
RequestHash hashFrom(std::string_view bytes);
// refunds.refund_by_id, refunds_page; reads the lines with a second statement
Refund refundFrom(database::Session& session, const database::Row& row);

} // namespace outboxd::commerce::mysql
