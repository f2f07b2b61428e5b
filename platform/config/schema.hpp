// One description of every setting. It drives reading, checking, overriding by the environment, reloading,
// and the generated reference and example file, so that none of them can disagree with another.
#pragma once

#include "platform/config/kind.hpp"
#include "platform/config/mistake.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace outboxd::config {

enum class Reload {
    live,    // taken over by a running daemon on SIGHUP
    restart, // needs a restart
};

struct Setting {
    std::string name; // dotted: "database.host"
    Kind kind;
    Reload reload = Reload::restart;
    std::string consequence;        // one sentence
    Items defaults;                 // what the field held when it was described
    std::string source = "default"; // or "file:line:column", or the environment variable's name

    // "OUTBOXD_DATABASE_HOST"
    std::string variable() const;
};

struct Section {
    std::string name; // "" for settings at the top level
    std::string about;
    std::vector<Setting> settings;
};

// A name that people will try and that must not be used.
struct Refusal {
    std::string name;
    std::string advice;
};

// Refers to the fields that it describes: it must not outlive the struct, and the struct must not move.
// Not thread-safe.
class Schema {
public:
    // Opens a section; the names given to add() and refuse() are below it. Sections are one level deep.
    void section(std::string name, std::string about);
    // The field's present value becomes the default.
    void add(const std::string& name, Kind kind, Reload reload, std::string consequence);
    void refuse(const std::string& name, std::string advice);

    const std::vector<Section>& sections() const { return sections_; }
    std::vector<std::string> names() const; // of all settings, in the order of their description

    // Null if there is none of that name.
    const Setting* find(std::string_view name) const;
    Setting* find(std::string_view name);
    bool isSection(std::string_view name) const;
    const std::vector<Refusal>& refusals() const { return refusals_; }
    const Refusal* refused(std::string_view name) const;

    // For rules that join several settings: a mistake at the place where `name`, which must exist, got its
    // value.
    Mistake mistake(std::string_view name, const std::string& what) const;

private:
    std::vector<Section> sections_;
    std::vector<Refusal> refusals_;
};

// "OUTBOXD_DATABASE_HOST" for "database.host".
std::string variableFor(std::string_view name);

struct Change {
    std::string name;
    Reload reload;
};

// Compares what runs with what was read anew (two descriptions of the same struct type) and takes the live
// settings over into the running struct. Settings that need a restart keep their running value, so that each
// later comparison names them again. Returns everything that differs.
std::vector<Change> adopt(Schema& running, const Schema& fresh);

} // namespace outboxd::config
