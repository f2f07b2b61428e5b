// How runs are spelled in their columns. Internal to this folder.
#pragma once

#include "commerce/reconcile/runs.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace outboxd::commerce::mysql::reconcile {

// "a,b" to a and b; empty to nothing.
inline std::vector<std::string> namesIn(std::string_view text) {
    std::vector<std::string> names;
    while (!text.empty()) {
        const auto comma = text.find(',');
        names.emplace_back(text.substr(0, comma));
        text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    }
    return names;
}

inline std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : ",") + name;
    return text;
}

} // namespace outboxd::commerce::mysql::reconcile
