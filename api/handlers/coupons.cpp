#include "commerce/coupons.hpp"
#include "api/handlers/handlers.hpp"
#include "api/handlers/support.hpp"
#include "api/idempotent.hpp"
#include "api/json_body.hpp"
#include "api/render.hpp"

namespace outboxd::api {

namespace {

http::Response create(const Shop& shop, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    JsonBody body(call.request);
    auto& root = body.root();
    commerce::CreateCoupon command{.name = root.text("name"),
                                   .kind = root.text("kind"),
                                   .discount = root.integer("discount"),
                                   .most = {},
                                   .total = root.integer("total"),
                                   .startsAt = root.time("startsAt"),
                                   .endsAt = root.time("endsAt")};
    if (const auto most = root.optionalInteger("most")) command.most = core::Money{*most};
    if (const auto problem = body.problem()) return refuse(call, *problem);
    return checked(call, std::move(command), [&](const commerce::Valid<commerce::CreateCoupon>& valid) {
        return runOnce(shop, call, KeyNeed::optional, {201, "/api/v1/coupons", "couponId"},
                       [&](commerce::Transaction& transaction) -> Rendered {
                           return toJson(createCoupon(transaction, valid));
                       });
    });
}

http::Response list(const Shop& shop, const Call& call) {
    Query query(call.request);
    const auto page = query.page();
    if (const auto problem = query.problem()) return refuse(call, *problem);
    return json(toJson(shop.coupons.reader.coupons(page)));
}

http::Response get(const Shop& shop, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    const auto coupon = shop.coupons.reader.coupon({call.ids[0]});
    return coupon ? json(toJson(*coupon)) : refuse(call, notFound("coupon"));
}

http::Response held(const Shop& shop, const Call& call) {
    Query query(call.request);
    const auto page = query.page();
    if (const auto problem = query.problem()) return refuse(call, *problem);
    const commerce::UserId user{call.ids[0]};
    const auto coupons = shop.coupons.reader.held(user, page);
    // Only an empty page leaves open whether there is such a user.
    if (coupons.items.empty() && !shop.reader.balance(user)) return refuse(call, notFound("user"));
    return json(toJson(coupons));
}

} // namespace

void addCouponRoutes(Router& router, const Shop& shop) {
    router.add("POST", "/api/v1/coupons", Access::admin,
               [&shop](const Call& call) { return create(shop, call); });
    router.add("GET", "/api/v1/coupons", Access::client,
               [&shop](const Call& call) { return list(shop, call); });
    router.add("GET", "/api/v1/coupons/{couponId}", Access::client,
               [&shop](const Call& call) { return get(shop, call); });
    router.add("GET", "/api/v1/users/{userId}/coupons", Access::client,
               [&shop](const Call& call) { return held(shop, call); });
}

} // namespace outboxd::api
