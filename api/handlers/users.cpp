#include "commerce/users.hpp"
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
    commerce::CreateUser command{.username = root.text("username"),
                                 .email = root.text("email"),
                                 .phoneNumber = root.optionalText("phoneNumber")};
    if (const auto problem = body.problem()) return refuse(call, *problem);
    return checked(call, std::move(command), [&](const commerce::Valid<commerce::CreateUser>& valid) {
        return runOnce(shop, call, KeyNeed::optional, {201, "/api/v1/users", "userId"},
                       [&](commerce::Transaction& transaction) {
                           return rendered<commerce::User>(createUser(transaction, valid),
                                                           [](const auto& user) { return toJson(user); });
                       });
    });
}

http::Response get(const Shop& shop, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    const auto user = shop.reader.user({call.ids[0]});
    return user ? json(toJson(*user)) : refuse(call, notFound("user"));
}

} // namespace

void addUserRoutes(Router& router, const Shop& shop) {
    router.add("POST", "/api/v1/users", Access::service,
               [&shop](const Call& call) { return create(shop, call); });
    router.add("GET", "/api/v1/users/{userId}", Access::client,
               [&shop](const Call& call) { return get(shop, call); });
}

} // namespace outboxd::api
