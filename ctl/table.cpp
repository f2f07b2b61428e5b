#include "ctl/table.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace outboxd::ctl {

namespace {

constexpr std::size_t kWidest = 80; // of a cell in a table; `outbox show` has all of it

std::string visible(std::string_view text) {
    std::string result;
    for (const char c : text) {
        if (c >= 0 && (c < 0x20 || c == 0x7f)) {
            result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        } else {
            result += c;
        }
    }
    return result;
}

std::string ageText(std::int64_t milliseconds) {
    if (milliseconds < 10'000) return fmt::format("{:.1f}s", static_cast<double>(milliseconds) / 1000);
    const auto seconds = milliseconds / 1000;
    if (seconds < 600) return fmt::format("{}s", seconds);
    if (seconds < 36'000) return fmt::format("{}m", seconds / 60);
    if (seconds < 864'000) return fmt::format("{}h", seconds / 3600);
    return fmt::format("{}d", seconds / 86'400);
}

// Of UTF-8: what begins a character takes a place.
std::size_t widthOf(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string cut(std::string text) {
    if (widthOf(text) <= kWidest) return text;
    std::size_t bytes = 0;
    for (std::size_t seen = 0; bytes < text.size(); ++bytes) {
        if ((static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) continue;
        if (++seen == kWidest) break;
    }
    return text.substr(0, bytes) + "\xE2\x80\xA6"; // an ellipsis
}

} // namespace

std::string cellOf(const rapidjson::Value& row, const Column& column) {
    const auto found = row.FindMember(column.member.c_str());
    if (found == row.MemberEnd() || found->value.IsNull()) return "-";
    const auto& value = found->value;
    if (value.IsBool()) return value.GetBool() ? "yes" : "no";
    if (value.IsInt64())
        return column.form == Column::Form::age ? ageText(value.GetInt64())
                                                : std::to_string(value.GetInt64());
    if (!value.IsString()) return "-";
    const std::string_view text{value.GetString(), value.GetStringLength()};
    if (column.form == Column::Form::time && text.size() > 19) return std::string{text.substr(0, 19)} + "Z";
    return text.empty() ? "-" : visible(text);
}

std::string tableOf(const rapidjson::Value& rows, const std::vector<Column>& columns) {
    std::vector<std::vector<std::string>> lines(1);
    std::vector<std::size_t> widths;
    std::vector<bool> numbers(columns.size(), true);
    for (const auto& column : columns) {
        lines[0].push_back(column.title);
        widths.push_back(column.title.size());
    }
    for (const auto& row : rows.GetArray()) {
        auto& line = lines.emplace_back();
        for (std::size_t i = 0; i < columns.size(); ++i) {
            const auto found = row.FindMember(columns[i].member.c_str());
            if (found != row.MemberEnd() && !found->value.IsNumber() && !found->value.IsNull())
                numbers[i] = false;
            line.push_back(cut(cellOf(row, columns[i])));
            widths[i] = std::max(widths[i], widthOf(line.back()));
        }
    }
    std::string text;
    for (const auto& line : lines) {
        std::string one;
        for (std::size_t i = 0; i < line.size(); ++i) {
            const std::string gap(widths[i] - widthOf(line[i]), ' ');
            one += (i == 0 ? "" : "  ") + (numbers[i] ? gap + line[i] : line[i] + gap);
        }
        one.erase(one.find_last_not_of(' ') + 1);
        text += one + "\n";
    }
    return text;
}

std::string cardOf(const rapidjson::Value& object, const std::vector<Column>& columns) {
    std::size_t widest = 0;
    for (const auto& column : columns) widest = std::max(widest, column.title.size());
    std::string text;
    for (const auto& column : columns)
        text += fmt::format("{:<{}}  {}\n", column.title, widest, cellOf(object, column));
    return text;
}

} // namespace outboxd::ctl
