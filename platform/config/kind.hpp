// The types a setting can have. Each function binds a field to the texts that it may be written as.
#pragma once

#include "platform/config/secret.hpp"
#include "platform/config/units.hpp"

#include <concepts>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace outboxd::config {

enum class Shape { scalar, list, map, record, records };

// A setting's value as texts: one for a scalar, one per element for a list, "key=value" for each entry of a
// map or a record; for records see records.hpp.
using Items = std::vector<std::string>;
// A sentence about what is wrong, or nothing.
using Problem = std::optional<std::string>;

// A field seen through its type. Refers to the field, which must live as long.
struct Kind {
    std::string type;   // for people: "duration"
    std::string bounds; // for people: "1ms to 30s"; may be empty
    Shape shape = Shape::scalar;
    std::function<Problem(const Items&)> assign; // leaves the field alone when there is a problem
    std::function<Items()> items;                // assign(items()) changes nothing
    std::function<std::vector<SecretFile*>()> secrets = [] { return std::vector<SecretFile*>{}; };
};

// Printable text of `least` to `most` bytes.
Kind text(std::string& field, std::size_t least, std::size_t most);
// The same, of letters, digits, '.', '_' and '-' only.
Kind name(std::string& field, std::size_t least, std::size_t most);
// An absolute path, or nothing.
Kind path(std::string& field);
// The path of a file with a secret, or nothing. A relative path is looked for among systemd's credentials
// first, then beside the configuration file.
Kind secretFile(SecretFile& field);
// Several such files, by name. `refusal` says why there may be no file of that name, or nothing.
Kind secretFiles(std::map<std::string, SecretFile>& field,
                 std::function<Problem(std::string_view name)> refusal);
Kind flag(bool& field);
Kind duration(std::chrono::milliseconds& field, std::chrono::milliseconds least,
              std::chrono::milliseconds most);
Kind size(ByteSize& field, ByteSize least, ByteSize most);
// In hundredths of a percent, see parsePercentage().
Kind percentage(std::int64_t& field, std::int64_t least, std::int64_t most);
// At least one "host:port" or "[v6 address]:port".
Kind addresses(std::vector<std::string>& field);
// Free entries, passed on as they are. `refusal` says why a key may not be set, or nothing.
Kind entries(std::map<std::string, std::string>& field, std::function<Problem(std::string_view key)> refusal);

namespace detail {
Kind integer(std::function<std::int64_t()> get, std::function<void(std::int64_t)> set, std::int64_t least,
             std::int64_t most, const std::string& unit);
// `get` and `set` speak of places in `names`.
Kind choice(std::vector<std::string> names, std::function<std::size_t()> get,
            std::function<void(std::size_t)> set);
Kind choices(std::vector<std::string> names, std::function<std::set<std::size_t>()> get,
             std::function<void(const std::set<std::size_t>&)> set);
} // namespace detail

// A whole number; the bounds must fit the field. `unit`: what is counted, "" for a plain number.
template <std::integral Integer>
Kind integer(Integer& field, std::int64_t least, std::int64_t most, const std::string& unit = {}) {
    return detail::integer([&field] { return static_cast<std::int64_t>(field); },
                           [&field](std::int64_t value) { field = static_cast<Integer>(value); }, least, most,
                           unit);
}

template <class Value> using Choices = std::vector<std::pair<std::string, Value>>;

template <class Value> std::vector<std::string> namesOf(const Choices<Value>& all) {
    std::vector<std::string> names;
    for (const auto& [name, value] : all) names.push_back(name);
    return names;
}

// One of several words. The field's value must be among them.
template <class Value> Kind choice(Value& field, const Choices<Value>& all) {
    const auto get = [&field, all] {
        std::size_t place = 0;
        while (all.at(place).second != field) ++place;
        return place;
    };
    return detail::choice(namesOf(all), get,
                          [&field, all](std::size_t place) { field = all.at(place).second; });
}

// Some of several words, at least one.
template <class Value> Kind choices(std::set<Value>& field, const Choices<Value>& all) {
    const auto get = [&field, all] {
        std::set<std::size_t> places;
        for (std::size_t place = 0; place < all.size(); ++place) {
            if (field.contains(all[place].second)) places.insert(place);
        }
        return places;
    };
    const auto set = [&field, all](const std::set<std::size_t>& places) {
        field.clear();
        for (const auto place : places) field.insert(all.at(place).second);
    };
    return detail::choices(namesOf(all), get, set);
}

} // namespace outboxd::config
