#include "api/etag.hpp"
#include "api/handlers/handlers.hpp"
#include "api/handlers/support.hpp"
#include "api/json_writer.hpp"

#include <memory>
#include <mutex>

namespace outboxd::api {
namespace {

std::string render(const commerce::BestSellers& best) {
    JsonWriter json;
    json.begin().field("asOf", best.asOf).beginList("items");
    for (const auto& item : best.items)
        json.begin()
            .field("productId", item.product)
            .field("name", item.name)
            .field("price", item.price)
            .field("stock", item.stock)
            .field("sold", item.sold)
            .end();
    return json.endList().end().text();
}

// The answer's bytes, made once for each content.
class RenderedTop5 {
public:
    struct Page {
        std::shared_ptr<const commerce::BestSellers> content;
        http::Response answer;
        std::string etag;
    };
    std::shared_ptr<const Page> of(std::shared_ptr<const commerce::BestSellers> best) {
        {
            const std::lock_guard lock(mutex_);
            if (page_ && page_->content == best) return page_;
        }
        auto answer = json(render(*best));
        auto etag = etagOf(answer);
        auto page = std::make_shared<const Page>(Page{std::move(best), std::move(answer), std::move(etag)});
        const std::lock_guard lock(mutex_);
        return page_ = std::move(page);
    }

private:
    std::mutex mutex_;
    std::shared_ptr<const Page> page_; // guarded by mutex_
};

} // namespace

void addTop5Routes(Router& router, const Shop& shop) {
    router.add("GET", "/api/v1/products/top5", Access::client,
               [&shop, rendered = std::make_shared<RenderedTop5>()](const Call& call) {
                   if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
                   const auto page = rendered->of(shop.bestSellers.get());
                   return etagged(call, page->answer, page->etag);
               });
}

} // namespace outboxd::api
