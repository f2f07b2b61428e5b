// The shop's things as the API shows them.
#pragma once

#include "api/json_writer.hpp"
#include "api/query.hpp"
#include "commerce/claim_queue.hpp"
#include "commerce/coupon_reader.hpp"
#include "commerce/model.hpp"
#include "commerce/shop_reader.hpp"
#include "commerce/stock.hpp"

#include <string>

namespace outboxd::api {

// Each writes the members of an object that the caller began.
void write(JsonWriter& json, const commerce::User& user);
void write(JsonWriter& json, const commerce::HistoryEntry& entry);
void write(JsonWriter& json, const commerce::Product& product);
void write(JsonWriter& json, const commerce::StockAdjustment& adjustment);
void write(JsonWriter& json, const commerce::StockSpread& spread);
void write(JsonWriter& json, const commerce::Cart& cart);
void write(JsonWriter& json, const commerce::Order& order);
void write(JsonWriter& json, const commerce::Payment& payment);
void write(JsonWriter& json, const commerce::Coupon& coupon);
void write(JsonWriter& json, const commerce::HeldCoupon& coupon);
void write(JsonWriter& json, const commerce::Queued& queued);
void write(JsonWriter& json, const commerce::Refund& refund);

template <class Thing> std::string toJson(const Thing& thing) {
    JsonWriter json;
    json.begin();
    write(json, thing);
    return json.end().text();
}

// {"items": [...], "nextCursor": "..." or null}
template <class Item> std::string toJson(const commerce::Page<Item>& page) {
    JsonWriter json;
    json.begin().beginList("items");
    for (const auto& item : page.items) {
        json.begin();
        write(json, item);
        json.end();
    }
    std::optional<std::string_view> next;
    std::string cursor;
    if (page.next) next = cursor = encodeCursor(*page.next);
    return json.endList().field("nextCursor", next).end().text();
}

} // namespace outboxd::api
