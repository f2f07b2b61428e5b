#include "api/compatible.hpp"
#include "api/handlers/handlers.hpp"
#include "api/handlers/support.hpp"
#include "api/json_body.hpp"
#include "api/render.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace outboxd::api {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds kLongestWait{30};
// Of the request's time, kept for reading and sending what was waited for.
constexpr auto kSpare = 500ms;

http::Response claimed(const commerce::Queued& queued) {
    auto response = json(toJson(queued));
    const auto& claim = queued.claim;
    if (claim.state == commerce::ClaimState::waiting) response.status = 202;
    response.headers.add("Location",
                         fmt::format("/api/v1/coupons/{}/claims/{}", claim.coupon.value, claim.user.value));
    return response;
}

http::Response claim(const Shop& shop, const Call& call, commerce::UserId user) {
    return std::visit(Overloaded{[](const commerce::Queued& queued) { return claimed(queued); },
                                 [&](const auto& refusal) { return refuse(call, problemFor(refusal)); }},
                      shop.coupons.desk.claim({{call.ids[0]}, user}));
}

// To a client that acts for one user alone, nobody else exists.
std::optional<http::Problem> refuseStranger(const Call& call, commerce::UserId user) {
    if (call.client.mayActFor(user)) return std::nullopt;
    return problemFor(commerce::UserNotFound{user});
}

http::Response claimWithBody(const Shop& shop, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    JsonBody body(call.request);
    const commerce::UserId user{body.root().integer("userId")};
    if (const auto problem = body.problem()) return refuse(call, *problem);
    if (const auto problem = refuseStranger(call, user)) return refuse(call, *problem);
    return claim(shop, call, user);
}

// As the published load script claims; whatever body it sends is not looked at.
http::Response claimByQuery(const Shop& shop, const Call& call) {
    Query query(call.request);
    const commerce::UserId user{query.id("userId")};
    if (const auto problem = query.problem()) return refuse(call, *problem);
    if (const auto problem = refuseStranger(call, user)) return refuse(call, *problem);
    return compatibleRefusal(claim(shop, call, user));
}

// Who was refused because nothing was left can read that, too.
http::Problem whyNoClaim(const Shop& shop, const commerce::ClaimRequest& request) {
    const auto result = shop.coupons.queue.look({request}).front();
    if (!result) return notFound("claim");
    return std::visit(Overloaded{[](const commerce::CouponNotFound& refusal) { return problemFor(refusal); },
                                 [](const commerce::UserNotFound& refusal) { return problemFor(refusal); },
                                 [](const commerce::CouponSoldOut& refusal) { return problemFor(refusal); },
                                 [](const auto&) { return notFound("claim"); }},
                      *result);
}

http::Response get(const Shop& shop, const Call& call) {
    Query query(call.request);
    const auto asked = query.seconds("wait", kLongestWait);
    if (const auto problem = query.problem()) return refuse(call, *problem);
    auto queued = shop.coupons.queue.find({call.ids[0]}, {call.ids[1]});
    if (!queued) return refuse(call, whyNoClaim(shop, {{call.ids[0]}, {call.ids[1]}}));
    if (asked > 0s && queued->claim.state == commerce::ClaimState::waiting) {
        const auto left = call.request.deadline - shop.coupons.clock.now() - kSpare;
        const auto wait =
            std::chrono::floor<std::chrono::milliseconds>(std::min<std::chrono::microseconds>(asked, left));
        if (const auto decided = shop.coupons.watch.wait(queued->claim.id, wait)) {
            queued = commerce::Queued{*decided};
        } else {
            queued = shop.coupons.queue.find({call.ids[0]}, {call.ids[1]}).value_or(*queued);
        }
    }
    return json(toJson(*queued));
}

} // namespace

void addCouponClaimRoutes(Router& router, const Shop& shop) {
    router.add("POST", "/api/v1/coupons/{couponId}/claims", Access::client,
               [&shop](const Call& call) { return claimWithBody(shop, call); });
    router.add("POST", "/api/v1/coupons/{couponId}", Access::client,
               [&shop](const Call& call) { return claimByQuery(shop, call); });
    router.add("GET", "/api/v1/coupons/{couponId}/claims/{userId}", Access::client,
               [&shop](const Call& call) { return get(shop, call); });
}

} // namespace outboxd::api
