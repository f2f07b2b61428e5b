#include "platform/config/records.hpp"

#include "platform/core/nearest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace outboxd::config {
namespace {

std::vector<std::string> namesOf(const std::vector<RecordField>& fields) {
    std::vector<std::string> names;
    for (const auto& field : fields) names.push_back(field.name);
    return names;
}

Problem readLine(const std::string& line, const std::vector<RecordField>& fields, Record& record) {
    const auto equals = line.find('=');
    if (equals == std::string::npos) return "needs fields of the form 'name: value'";
    const auto path = line.substr(0, equals);
    const auto value = line.substr(equals + 1);
    const auto dot = path.find('.');
    const auto name = path.substr(0, dot);
    const auto field = std::find_if(fields.begin(), fields.end(),
                                    [&](const RecordField& each) { return each.name == name; });
    if (field == fields.end()) {
        const auto names = namesOf(fields);
        return fmt::format("has no field '{}'{}; there are {}", name, core::suggestion(name, names),
                           fmt::join(names, ", "));
    }
    const auto isControl = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    if (std::any_of(line.begin(), line.end(), isControl))
        return fmt::format("{}: contains control characters", name);
    if (field->map != (dot != std::string::npos))
        return fmt::format("{}: expected {}", name,
                           field->map ? "lines 'name: value' below it" : "one value");
    const bool isNew = field->map ? record.entries[name].emplace(path.substr(dot + 1), value).second
                                  : record.values.emplace(name, value).second;
    if (!isNew) return fmt::format("{} is given twice", path);
    return std::nullopt;
}

Problem readRecord(const std::string& item, const std::vector<RecordField>& fields, Record& record) {
    for (std::size_t begin = 0; begin < item.size();) {
        const auto end = std::min(item.find('\n', begin), item.size());
        if (auto problem = readLine(item.substr(begin, end - begin), fields, record)) return problem;
        begin = end + 1;
    }
    return std::nullopt;
}

std::string itemOf(const Record& record) {
    std::string item;
    const auto add = [&](const std::string& path, const std::string& value) {
        item += (item.empty() ? "" : "\n") + path + "=" + value;
    };
    for (const auto& [name, value] : record.values) add(name, value);
    for (const auto& [name, entries] : record.entries)
        for (const auto& [key, value] : entries) add(name + "." + key, value);
    return item;
}

} // namespace

Kind records(std::vector<RecordField> fields, std::function<std::vector<Record>()> get,
             std::function<Problem(const std::vector<Record>&)> set) {
    Kind kind;
    kind.type = "list of records";
    kind.bounds = fmt::format("each of {}", fmt::join(namesOf(fields), ", "));
    kind.shape = Shape::records;
    kind.assign = [fields = std::move(fields), set = std::move(set)](const Items& items) -> Problem {
        std::vector<Record> all;
        for (const auto& item : items)
            if (const auto problem = readRecord(item, fields, all.emplace_back()))
                return fmt::format("record {} {}", all.size(), *problem);
        return set(all);
    };
    kind.items = [get = std::move(get)] {
        Items items;
        for (const auto& record : get()) items.push_back(itemOf(record));
        return items;
    };
    return kind;
}

Kind record(std::string type, std::vector<std::string> fields, std::function<Fields()> get,
            std::function<Problem(const std::map<std::string, std::string>&)> set) {
    std::vector<RecordField> known;
    for (auto& field : fields) known.push_back({std::move(field)});
    Kind kind;
    kind.type = std::move(type);
    kind.shape = Shape::record;
    kind.assign = [known = std::move(known), set = std::move(set)](const Items& items) -> Problem {
        Record given;
        for (const auto& item : items)
            if (auto problem = readLine(item, known, given)) return problem;
        return set(given.values);
    };
    kind.items = [get = std::move(get)] {
        Items items;
        for (const auto& [name, value] : get()) items.push_back(name + "=" + value);
        return items;
    };
    return kind;
}

} // namespace outboxd::config
