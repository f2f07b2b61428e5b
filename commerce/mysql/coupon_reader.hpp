// Looking at coupons on MariaDB and MySQL.
#pragma once

#include "commerce/coupon_reader.hpp"
#include "platform/database/database.hpp"

namespace outboxd::commerce::mysql {

// Thread-safe. `database` must outlive it.
class CouponReader final : public commerce::CouponReader {
public:
    explicit CouponReader(database::Database& database) : database_(database) {}

    std::optional<Coupon> coupon(CouponId id) override;
    Page<Coupon> coupons(const PageRequest& page) override;
    Page<HeldCoupon> held(UserId user, const PageRequest& page) override;

private:
    database::Database& database_;
};

} // namespace outboxd::commerce::mysql
