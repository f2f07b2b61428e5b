#include "platform/config/schema.hpp"

#include <algorithm>
#include <stdexcept>

namespace outboxd::config {
namespace {

std::string below(const Section& section, const std::string& name) {
    return section.name.empty() ? name : section.name + "." + name;
}

bool differs(const Setting& one, const Setting& other) {
    if (one.kind.items() != other.kind.items()) return true;
    const auto mine = one.kind.secrets();
    const auto others = other.kind.secrets(); // as many: their paths are among the items
    for (std::size_t i = 0; i < mine.size(); ++i)
        if (!(mine[i]->value == others[i]->value)) return true;
    return false;
}

} // namespace

std::string variableFor(std::string_view name) {
    std::string variable = "OUTBOXD_";
    for (const char letter : name) {
        variable += letter == '.' || letter == '-'   ? '_'
                    : letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A')
                                                     : letter;
    }
    return variable;
}

std::string Setting::variable() const { return variableFor(name); }

void Schema::section(std::string name, std::string about) {
    sections_.push_back({std::move(name), std::move(about), {}});
}

void Schema::add(const std::string& name, Kind kind, Reload reload, std::string consequence) {
    auto& section = sections_.back();
    auto defaults = kind.items();
    section.settings.push_back({below(section, name), std::move(kind), reload, std::move(consequence),
                                std::move(defaults), "default"});
}

void Schema::refuse(const std::string& name, std::string advice) {
    refusals_.push_back({below(sections_.back(), name), std::move(advice)});
}

std::vector<std::string> Schema::names() const {
    std::vector<std::string> names;
    for (const auto& section : sections_) {
        for (const auto& setting : section.settings) names.push_back(setting.name);
    }
    return names;
}

const Setting* Schema::find(std::string_view name) const {
    for (const auto& section : sections_) {
        for (const auto& setting : section.settings) {
            if (setting.name == name) return &setting;
        }
    }
    return nullptr;
}

Setting* Schema::find(std::string_view name) { return const_cast<Setting*>(std::as_const(*this).find(name)); }

bool Schema::isSection(std::string_view name) const {
    return std::any_of(sections_.begin(), sections_.end(),
                       [&](const Section& section) { return !section.name.empty() && section.name == name; });
}

const Refusal* Schema::refused(std::string_view name) const {
    const auto found = std::find_if(refusals_.begin(), refusals_.end(),
                                    [&](const Refusal& refusal) { return refusal.name == name; });
    return found == refusals_.end() ? nullptr : &*found;
}

Mistake Schema::mistake(std::string_view name, const std::string& what) const {
    const auto* setting = find(name);
    if (!setting) throw std::logic_error("no setting is named " + std::string{name});
    return {setting->source, setting->name + ": " + what};
}

std::vector<Change> adopt(Schema& running, const Schema& fresh) {
    std::vector<Change> changes;
    for (const auto& section : fresh.sections()) {
        for (const auto& setting : section.settings) {
            auto* mine = running.find(setting.name);
            if (!mine || !differs(*mine, setting)) continue;
            changes.push_back({setting.name, setting.reload});
            if (setting.reload != Reload::live) continue;
            mine->kind.assign(setting.kind.items());
            const auto values = setting.kind.secrets();
            for (std::size_t i = 0; auto* secret : mine->kind.secrets()) secret->value = values[i++]->value;
            mine->source = setting.source;
        }
    }
    return changes;
}

} // namespace outboxd::config
