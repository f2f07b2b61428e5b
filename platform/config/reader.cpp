#include "platform/config/reader.hpp"

#include "platform/config/small_file.hpp"
#include "platform/core/nearest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>
#include <unistd.h>

namespace outboxd::config {
namespace {

constexpr std::size_t kLargestFile = 1024 * 1024;
constexpr std::size_t kLargestSecret = 64 * 1024;

class Reader {
public:
    Reader(Schema& schema, const std::filesystem::path& file, const Environment& environment)
        : schema_(schema), file_(file), environment_(environment) {}

    std::vector<Mistake> run() {
        readFile();
        readEnvironment();
        readSecrets();
        return std::move(mistakes_);
    }

private:
    std::string at(const YAML::Mark& mark) const {
        if (mark.is_null()) return file_.string();
        return fmt::format("{}:{}:{}", file_.string(), mark.line + 1, mark.column + 1);
    }

    void add(std::string where, std::string what) {
        mistakes_.push_back({std::move(where), std::move(what)});
    }

    void readFile() {
        const auto content = readSmallFile(file_, kLargestFile);
        if (const auto* error = std::get_if<CannotRead>(&content)) {
            return add(file_.string(), "cannot read the configuration: " + error->why);
        }
        try {
            const auto documents = YAML::LoadAll(std::get<std::string>(content));
            if (documents.size() > 1) {
                add(at(documents[1].Mark()), "a second YAML document; everything belongs into one");
            }
            if (!documents.empty() && !documents[0].IsNull()) readTopLevel(documents[0]);
        } catch (const YAML::Exception& error) {
            add(at(error.mark), "not well-formed YAML: " + error.msg);
        }
    }

    void readTopLevel(const YAML::Node& root) {
        if (!root.IsMap()) return add(at(root.Mark()), "expected settings of the form 'name: value'");
        readMap(root, "");
    }

    // Descends into known sections only, so a file cannot make it recurse without end.
    void readMap(const YAML::Node& map, const std::string& prefix) {
        std::map<std::string, YAML::Mark> seen;
        for (const auto& entry : map) {
            const auto keyMark = entry.first.Mark();
            if (!entry.first.IsScalar()) {
                add(at(keyMark), "the name of a setting must be plain text");
                continue;
            }
            const auto& key = entry.first.Scalar();
            const auto name = prefix.empty() ? key : prefix + "." + key;
            const auto [first, isNew] = seen.emplace(key, keyMark);
            if (!isNew) {
                add(at(keyMark), fmt::format("{} is set again; it was set in line {} already", name,
                                             first->second.line + 1));
                continue;
            }
            readEntry(name, key, keyMark, entry.second);
        }
    }

    void readEntry(const std::string& name, const std::string& key, const YAML::Mark& keyMark,
                   const YAML::Node& value) {
        if (key.find('.') != std::string::npos) {
            return add(at(keyMark),
                       fmt::format("{}: write each part on a line of its own, the later one indented", name));
        }
        if (auto* setting = schema_.find(name)) return readSetting(*setting, keyMark, value);
        if (!schema_.isSection(name)) return unknown(at(keyMark), name);
        if (value.IsMap()) return readMap(value, name);
        if (!value.IsNull())
            add(at(value.Mark()), name + ": is a section; its settings go below it, indented");
    }

    void readSetting(Setting& setting, const YAML::Mark& keyMark, const YAML::Node& value) {
        const auto place = at(value.Mark().is_null() || value.IsNull() ? keyMark : value.Mark());
        Items items;
        if (const auto problem = itemsOf(setting, value, items))
            return add(place, setting.name + ": " + *problem);
        assign(setting, items, place);
    }

    static Problem itemsOf(const Setting& setting, const YAML::Node& value, Items& items) {
        const auto& type = setting.kind.type;
        if (value.IsNull()) return "has no value; remove the line for the default";
        switch (setting.kind.shape) {
        case Shape::scalar:
            if (!value.IsScalar()) return fmt::format("expected one value ({})", type);
            items.push_back(value.Scalar());
            return std::nullopt;
        case Shape::list:
            if (!value.IsSequence()) return fmt::format("expected a list ({}), like [a, b]", type);
            for (const auto& element : value) {
                if (!element.IsScalar()) return "expected a list of plain values";
                items.push_back(element.Scalar());
            }
            return std::nullopt;
        case Shape::map:
        case Shape::record:
            if (!value.IsMap()) return "expected lines of the form 'key: value' below it, indented";
            for (const auto& entry : value) {
                if (!entry.first.IsScalar() || !entry.second.IsScalar())
                    return "expected plain keys and values";
                items.push_back(entry.first.Scalar() + "=" + entry.second.Scalar());
            }
            return std::nullopt;
        case Shape::records:
            if (!value.IsSequence()) return "expected a list of records, each with 'name: value' lines";
            for (const auto& element : value) {
                std::string item;
                if (!element.IsMap() || !fieldsOf(element, "", item))
                    return "expected a list of records, each with 'name: value' lines";
                items.push_back(std::move(item));
            }
            return std::nullopt;
        }
        return std::nullopt;
    }

    // One line for each field; false if something is neither a plain value nor, one level deep, a map of such.
    static bool fieldsOf(const YAML::Node& map, const std::string& prefix, std::string& item) {
        for (const auto& entry : map) {
            if (!entry.first.IsScalar()) return false;
            const auto name = prefix + entry.first.Scalar();
            if (entry.second.IsScalar()) {
                item += (item.empty() ? "" : "\n") + name + "=" + entry.second.Scalar();
            } else if (!entry.second.IsMap() || !prefix.empty() ||
                       !fieldsOf(entry.second, name + ".", item)) {
                return false;
            }
        }
        return true;
    }

    void readEnvironment() {
        std::map<std::string, Setting*> variables;
        std::vector<std::string> known;
        for (const auto& name : schema_.names()) {
            variables.emplace(variableFor(name), schema_.find(name));
            known.push_back(variableFor(name));
        }
        for (const auto& [variable, value] : environment_) {
            if (!variable.starts_with("OUTBOXD_") || isForScripts(variable)) continue;
            if (const auto found = variables.find(variable); found != variables.end()) {
                readVariable(*found->second, variable, value);
            } else if (const auto* refusal = refusedVariable(variable)) {
                add(variable, "is not a setting: " + refusal->advice);
            } else {
                add(variable, "no setting has this name" + core::suggestion(variable, known));
            }
        }
    }

    static bool isForScripts(const std::string& variable) {
        return variable.starts_with("OUTBOXD_TEST_") || variable.starts_with("OUTBOXD_RUN_") ||
               variable.starts_with("OUTBOXD_DEV_");
    }

    const Refusal* refusedVariable(const std::string& variable) const {
        for (const auto& refusal : schema_.refusals()) {
            if (variableFor(refusal.name) == variable) return &refusal;
        }
        return nullptr;
    }

    void readVariable(Setting& setting, const std::string& variable, const std::string& value) {
        const auto shape = setting.kind.shape;
        if (shape != Shape::records && shape != Shape::record)
            return assign(setting, split(setting, value), variable);
        Items items;
        try {
            if (const auto problem = itemsOf(setting, YAML::Load(value), items))
                return add(variable, setting.name + ": " + *problem);
        } catch (const YAML::Exception& error) {
            return add(variable, setting.name + ": not well-formed YAML: " + error.msg);
        }
        assign(setting, items, variable);
    }

    static Items split(const Setting& setting, const std::string& value) {
        if (setting.kind.shape == Shape::scalar) return {value};
        Items items;
        for (std::size_t begin = 0; begin <= value.size();) {
            const auto end = std::min(value.find(',', begin), value.size());
            auto item = value.substr(begin, end - begin);
            item.erase(0, item.find_first_not_of(' '));
            item.erase(item.find_last_not_of(' ') + 1);
            if (!item.empty()) items.push_back(std::move(item));
            begin = end + 1;
        }
        return items;
    }

    void assign(Setting& setting, const Items& items, const std::string& place) {
        if (const auto problem = setting.kind.assign(items))
            return add(place, setting.name + ": " + *problem);
        setting.source = place;
    }

    void unknown(const std::string& place, const std::string& name) {
        if (const auto* refusal = schema_.refused(name))
            return add(place, name + ": is not a setting: " + refusal->advice);
        auto known = schema_.names();
        for (const auto& section : schema_.sections()) known.push_back(section.name);
        auto hint = inOtherSections(name);
        if (hint.empty()) hint = core::suggestion(name, known);
        add(place, name + ": no setting has this name" + hint);
    }

    // A right name below the wrong section.
    std::string inOtherSections(const std::string& name) const {
        const auto last = [](const std::string& dotted) { return dotted.substr(dotted.rfind('.') + 1); };
        Items found;
        for (const auto& other : schema_.names()) {
            if (last(other) == last(name)) found.push_back(other);
        }
        return found.empty() ? "" : fmt::format("; did you mean {}?", fmt::join(found, " or "));
    }

    void readSecrets() {
        for (const auto& name : schema_.names()) {
            const auto& setting = *schema_.find(name);
            for (auto* secret : setting.kind.secrets())
                if (!secret->path.empty()) readSecret(setting, *secret);
        }
    }

    void readSecret(const Setting& setting, SecretFile& secret) {
        const auto path = secretPath(secret.path);
        auto content = readSmallFile(path, kLargestSecret);
        if (const auto* error = std::get_if<CannotRead>(&content)) {
            return add(setting.source,
                       fmt::format("{}: cannot read {}: {}", setting.name, path.string(), error->why));
        }
        auto& value = std::get<std::string>(content);
        if (value.ends_with('\n')) value.pop_back();
        if (value.ends_with('\r')) value.pop_back();
        if (value.empty())
            return add(setting.source, fmt::format("{}: {} is empty", setting.name, path.string()));
        secret.value = Secret{std::move(value)};
    }

    std::filesystem::path secretPath(const std::filesystem::path& path) const {
        const auto credentials = environment_.find("CREDENTIALS_DIRECTORY");
        if (path.is_relative() && credentials != environment_.end()) {
            auto credential = std::filesystem::path{credentials->second} / path;
            std::error_code ignored;
            if (std::filesystem::exists(credential, ignored)) return credential;
        }
        return file_.parent_path() / path; // an absolute path replaces the folder
    }

    Schema& schema_;
    const std::filesystem::path& file_;
    const Environment& environment_;
    std::vector<Mistake> mistakes_;
};

} // namespace

Environment processEnvironment() {
    Environment environment;
    for (char** entry = environ; entry && *entry; ++entry) {
        const std::string_view text{*entry};
        const auto equals = text.find('=');
        if (equals != std::string_view::npos)
            environment.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return environment;
}

std::vector<Mistake> read(Schema& schema, const std::filesystem::path& file, const Environment& environment) {
    return Reader{schema, file, environment}.run();
}

} // namespace outboxd::config
