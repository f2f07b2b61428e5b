#include "scheduler/kafka/template.hpp"

#include "platform/core/nearest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

namespace outboxd::scheduler::kafka {

namespace {

constexpr std::array<std::string_view, 5> kNames{"{aggregateType}", "{aggregateId}", "{orderKey}", "{type}",
                                                 "{eventId}"};

} // namespace

std::string_view name(Placeholder placeholder) { return kNames.at(static_cast<std::size_t>(placeholder)); }

std::variant<Template, Template::Mistake> Template::parse(std::string_view text) {
    Template read;
    std::string literal;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if ((c == '{' || c == '}') && at + 1 < text.size() && text[at + 1] == c) {
            literal += c;
            ++at;
            continue;
        }
        if (c == '}') return Mistake{fmt::format("'{}' has a }} without a {{; write }}}} for a brace", text)};
        if (c != '{') {
            literal += c;
            continue;
        }
        const auto end = text.find('}', at);
        if (end == std::string_view::npos)
            return Mistake{fmt::format("'{}' has a {{ without a }}; write {{{{ for a brace", text)};
        const auto word = text.substr(at, end + 1 - at);
        const auto found = std::find(kNames.begin(), kNames.end(), word);
        if (found == kNames.end())
            return Mistake{fmt::format("'{}' has the unknown placeholder {}{}; there are {}", text, word,
                                       core::suggestion(word, kNames), fmt::join(kNames, ", "))};
        read.parts_.push_back({std::move(literal), static_cast<Placeholder>(found - kNames.begin())});
        literal.clear();
        at = end;
    }
    if (!literal.empty()) read.parts_.push_back({std::move(literal), std::nullopt});
    return read;
}

void Template::render(const OutboxRecord& record, std::string& out) const {
    for (const auto& part : parts_) {
        out += part.literal;
        if (!part.placeholder) continue;
        switch (*part.placeholder) {
        case Placeholder::aggregate_type: out += record.aggregateType; break;
        case Placeholder::aggregate_id: out += record.aggregateId; break;
        case Placeholder::order_key: out += record.orderKey; break;
        case Placeholder::type: out += record.type; break;
        case Placeholder::event_id: {
            const auto id = record.eventId.chars();
            out.append(id.data(), id.size());
            break;
        }
        }
    }
}

std::vector<Placeholder> Template::placeholders() const {
    std::vector<Placeholder> used;
    for (const auto& part : parts_)
        if (part.placeholder) used.push_back(*part.placeholder);
    return used;
}

std::string Template::literals() const {
    std::string all;
    for (const auto& part : parts_) all += part.literal;
    return all;
}

} // namespace outboxd::scheduler::kafka
