#include "commerce/best_sellers.hpp"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace outboxd::commerce {
namespace {

constexpr int kVersion = 1;

std::int64_t micros(core::Timestamp time) { return time.time_since_epoch().count(); }

std::optional<core::Timestamp> timeOf(const rapidjson::Value& value) {
    if (!value.IsInt64()) return std::nullopt;
    return core::Timestamp{std::chrono::microseconds{value.GetInt64()}};
}

} // namespace

std::string encode(const BestSellers& best) {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> json(buffer);
    json.StartArray();
    json.Int(kVersion);
    json.Int64(micros(best.computedAt));
    if (best.asOf) {
        json.Int64(micros(*best.asOf));
    } else {
        json.Null();
    }
    for (const auto& item : best.items) {
        json.StartArray();
        json.Int64(item.product.value);
        json.String(item.name.data(), static_cast<rapidjson::SizeType>(item.name.size()));
        json.Int64(item.price.minorUnits());
        json.Int64(item.stock);
        json.Int64(item.sold);
        json.EndArray();
    }
    json.EndArray();
    return {buffer.GetString(), buffer.GetSize()};
}

std::optional<BestSellers> decode(std::string_view text) {
    rapidjson::Document document;
    document.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
    if (document.HasParseError() || !document.IsArray() || document.Size() < 3) return std::nullopt;
    const auto computed = timeOf(document[1]);
    if (!document[0].IsInt() || document[0].GetInt() != kVersion || // RapidJSON's own != never ends in C++20
        !computed || !(document[2].IsNull() || document[2].IsInt64()))
        return std::nullopt;
    BestSellers best{timeOf(document[2]), *computed, {}};
    for (rapidjson::SizeType i = 3; i < document.Size(); ++i) {
        const auto& item = document[i];
        if (!item.IsArray() || item.Size() != 5 || !item[0].IsInt64() || !item[1].IsString() ||
            !item[2].IsInt64() || !item[3].IsInt64() || !item[4].IsInt64())
            return std::nullopt;
        best.items.push_back({ProductId{item[0].GetInt64()},
                              {item[1].GetString(), item[1].GetStringLength()},
                              core::Money{item[2].GetInt64()},
                              item[3].GetInt64(),
                              item[4].GetInt64()});
    }
    return best;
}

} // namespace outboxd::commerce
