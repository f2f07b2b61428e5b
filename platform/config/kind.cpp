#include "platform/config/kind.hpp"

#include "platform/core/nearest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace outboxd::config {
namespace {

bool isNameLetter(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '.' || letter == '_' || letter == '-';
}

bool isControl(char letter) { return static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f; }

// A scalar whose reader gives the value or says what is wrong with the text.
template <class Parse, class Store, class Show>
Kind scalar(std::string type, std::string bounds, Parse parse, Store store, Show show) {
    Kind kind;
    kind.type = std::move(type);
    kind.bounds = std::move(bounds);
    kind.assign = [parse, store](const Items& items) -> Problem {
        const auto parsed = parse(items.front());
        if (const auto* bad = std::get_if<Unreadable>(&parsed))
            return fmt::format("'{}' {}", items.front(), bad->why);
        store(std::get<0>(parsed));
        return std::nullopt;
    };
    kind.items = [show] { return Items{show()}; };
    return kind;
}

template <class Value, class Parse, class Format>
auto bounded(Parse parse, Value least, Value most, Format format) {
    return [=](std::string_view text) -> std::variant<Value, Unreadable> {
        auto parsed = parse(text);
        const auto* value = std::get_if<Value>(&parsed);
        if (value && (*value < least || *value > most)) {
            return Unreadable{fmt::format("is out of bounds: {} to {}", format(least), format(most))};
        }
        return parsed;
    };
}

using TextOrNot = std::variant<std::string, Unreadable>;

Kind textOf(std::string& field, std::string type, std::string bounds,
            std::function<TextOrNot(const std::string&)> check) {
    return scalar(
        std::move(type), std::move(bounds),
        [check = std::move(check)](const std::string& text) -> TextOrNot {
            if (std::any_of(text.begin(), text.end(), isControl))
                return Unreadable{"contains control characters"};
            return check(text);
        },
        [&field](const std::string& value) { field = value; }, [&field] { return field; });
}

std::optional<Unreadable> wrongLength(const std::string& text, std::size_t least, std::size_t most) {
    if (text.empty() && least > 0) return Unreadable{"is empty"};
    if (text.size() < least || text.size() > most) {
        return Unreadable{fmt::format("has {} characters; {} to {} are allowed", text.size(), least, most)};
    }
    return std::nullopt;
}

std::string lengthBounds(std::size_t least, std::size_t most) {
    return fmt::format("{} to {} characters", least, most);
}

std::string unknownWord(const std::string& word, const std::vector<std::string>& names) {
    return fmt::format("'{}' is none of {}{}", word, fmt::join(names, ", "), core::suggestion(word, names));
}

bool isAddress(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return false;
    const auto host = text.substr(0, colon);
    if (host.find(':') != std::string_view::npos && (host.front() != '[' || host.back() != ']')) return false;
    if (host.find_first_of(" ,/") != std::string_view::npos) return false;
    const auto port = parseInteger(text.substr(colon + 1));
    const auto* number = std::get_if<std::int64_t>(&port);
    return number && *number >= 1 && *number <= 65535;
}

} // namespace

Kind text(std::string& field, std::size_t least, std::size_t most) {
    return textOf(field, "text", lengthBounds(least, most), [=](const std::string& value) -> TextOrNot {
        if (auto wrong = wrongLength(value, least, most)) return *wrong;
        return value;
    });
}

Kind name(std::string& field, std::size_t least, std::size_t most) {
    return textOf(field, "name", lengthBounds(least, most), [=](const std::string& value) -> TextOrNot {
        if (auto wrong = wrongLength(value, least, most)) return *wrong;
        if (!std::all_of(value.begin(), value.end(), isNameLetter)) {
            return Unreadable{"may hold letters, digits, '.', '_' and '-' only"};
        }
        return value;
    });
}

Kind path(std::string& field) {
    return textOf(field, "path", "absolute, or empty", [](const std::string& value) -> TextOrNot {
        if (!value.empty() && value.front() != '/') return Unreadable{"is not an absolute path"};
        return value;
    });
}

Kind secretFile(SecretFile& field) {
    auto kind =
        textOf(field.path, "secret file", "", [](const std::string& value) -> TextOrNot { return value; });
    kind.secrets = [&field] { return std::vector<SecretFile*>{&field}; };
    return kind;
}

Kind secretFiles(std::map<std::string, SecretFile>& field, std::function<Problem(std::string_view)> refusal) {
    Kind kind;
    kind.type = "map of secret files";
    kind.shape = Shape::map;
    kind.assign = [&field, refusal = std::move(refusal)](const Items& items) -> Problem {
        std::map<std::string, std::string> paths;
        if (auto problem = entries(paths, refusal).assign(items)) return problem;
        field.clear();
        for (auto& [name, path] : paths) field[name].path = std::move(path);
        return std::nullopt;
    };
    kind.items = [&field] {
        Items items;
        for (const auto& [name, file] : field) items.push_back(name + "=" + file.path);
        return items;
    };
    kind.secrets = [&field] {
        std::vector<SecretFile*> all;
        for (auto& [name, file] : field) all.push_back(&file);
        return all;
    };
    return kind;
}

Kind flag(bool& field) {
    return scalar(
        "true or false", "",
        [](const std::string& text) -> std::variant<bool, Unreadable> {
            if (text == "true") return true;
            if (text == "false") return false;
            return Unreadable{"is neither true nor false"};
        },
        [&field](bool value) { field = value; }, [&field] { return std::string{field ? "true" : "false"}; });
}

Kind duration(std::chrono::milliseconds& field, std::chrono::milliseconds least,
              std::chrono::milliseconds most) {
    return scalar(
        "duration", fmt::format("{} to {}", formatDuration(least), formatDuration(most)),
        bounded(parseDuration, least, most, formatDuration),
        [&field](std::chrono::milliseconds value) { field = value; },
        [&field] { return formatDuration(field); });
}

Kind size(ByteSize& field, ByteSize least, ByteSize most) {
    return scalar(
        "size", fmt::format("{} to {}", formatSize(least), formatSize(most)),
        bounded(parseSize, least, most, formatSize), [&field](ByteSize value) { field = value; },
        [&field] { return formatSize(field); });
}

Kind percentage(std::int64_t& field, std::int64_t least, std::int64_t most) {
    return scalar(
        "percentage", fmt::format("{} to {}", formatPercentage(least), formatPercentage(most)),
        bounded(parsePercentage, least, most, formatPercentage),
        [&field](std::int64_t value) { field = value; }, [&field] { return formatPercentage(field); });
}

Kind addresses(std::vector<std::string>& field) {
    Kind kind;
    kind.type = "list of host:port";
    kind.bounds = "at least one";
    kind.shape = Shape::list;
    kind.assign = [&field](const Items& items) -> Problem {
        if (items.empty()) return "needs at least one host:port";
        for (const auto& item : items) {
            if (!isAddress(item)) return fmt::format("'{}' is not of the form host:port", item);
        }
        field = items;
        return std::nullopt;
    };
    kind.items = [&field] { return field; };
    return kind;
}

Kind entries(std::map<std::string, std::string>& field, std::function<Problem(std::string_view)> refusal) {
    Kind kind;
    kind.type = "map";
    kind.shape = Shape::map;
    kind.assign = [&field, refusal = std::move(refusal)](const Items& items) -> Problem {
        std::map<std::string, std::string> read;
        for (const auto& item : items) {
            const auto equals = item.find('=');
            if (equals == std::string::npos || equals == 0) return "needs entries of the form key=value";
            const auto key = item.substr(0, equals);
            if (const auto reason = refusal(key)) return fmt::format("'{}' may not be set: {}", key, *reason);
            if (!read.emplace(key, item.substr(equals + 1)).second)
                return fmt::format("'{}' is set twice", key);
        }
        field = std::move(read);
        return std::nullopt;
    };
    kind.items = [&field] {
        Items items;
        for (const auto& [key, value] : field) items.push_back(key + "=" + value);
        return items;
    };
    return kind;
}

namespace detail {

Kind integer(std::function<std::int64_t()> get, std::function<void(std::int64_t)> set, std::int64_t least,
             std::int64_t most, const std::string& unit) {
    return scalar(
        unit.empty() ? "integer" : "integer, " + unit, fmt::format("{} to {}", least, most),
        bounded(parseInteger, least, most, [](std::int64_t value) { return std::to_string(value); }),
        std::move(set), [get = std::move(get)] { return std::to_string(get()); });
}

Kind choice(std::vector<std::string> names, std::function<std::size_t()> get,
            std::function<void(std::size_t)> set) {
    Kind kind;
    kind.type = "word";
    kind.bounds = fmt::format("{}", fmt::join(names, ", "));
    kind.assign = [names, set = std::move(set)](const Items& items) -> Problem {
        const auto place = std::find(names.begin(), names.end(), items.front());
        if (place == names.end()) return unknownWord(items.front(), names);
        set(static_cast<std::size_t>(place - names.begin()));
        return std::nullopt;
    };
    kind.items = [names, get = std::move(get)] { return Items{names.at(get())}; };
    return kind;
}

Kind choices(std::vector<std::string> names, std::function<std::set<std::size_t>()> get,
             std::function<void(const std::set<std::size_t>&)> set) {
    Kind kind;
    kind.type = "list of words";
    kind.bounds = fmt::format("at least one of {}", fmt::join(names, ", "));
    kind.shape = Shape::list;
    kind.assign = [names, set = std::move(set)](const Items& items) -> Problem {
        std::set<std::size_t> places;
        for (const auto& item : items) {
            const auto place = std::find(names.begin(), names.end(), item);
            if (place == names.end()) return unknownWord(item, names);
            places.insert(static_cast<std::size_t>(place - names.begin()));
        }
        if (places.empty()) return fmt::format("needs at least one of {}", fmt::join(names, ", "));
        set(places);
        return std::nullopt;
    };
    kind.items = [names, get = std::move(get)] {
        Items items;
        for (const auto place : get()) items.push_back(names.at(place));
        return items;
    };
    return kind;
}

} // namespace detail
} // namespace outboxd::config
