// The settings as read from one file and one environment, and what changed since.
#pragma once

#include "daemon/settings.hpp"
#include "platform/config/reader.hpp"

#include <filesystem>
#include <vector>

namespace outboxd::daemon {

// Neither moves nor copies, because the description refers to the settings. Not thread-safe: the main thread
// reads and reloads; other threads get values, or setters of their own such as LineLogger::setLevel().
class Configuration {
public:
    // Reads everything; does not throw for what the file or the environment holds. See mistakes().
    Configuration(std::filesystem::path file, config::Environment environment);
    Configuration(const Configuration&) = delete;
    Configuration& operator=(const Configuration&) = delete;

    // To be used only if there are no mistakes().
    const Settings& settings() const { return settings_; }
    const std::vector<config::Mistake>& mistakes() const { return mistakes_; }
    const config::Schema& schema() const { return schema_; }
    const std::filesystem::path& file() const { return file_; }

    struct Reloaded {
        std::vector<config::Mistake> mistakes; // not empty: nothing was taken over
        std::vector<config::Change> changes; // live ones are in settings() now, the others wait for a restart
    };
    // Reads the same file and environment again (SIGHUP) and takes the live settings over. A setting that
    // waits for a restart is named by every reload until then.
    Reloaded reload();

private:
    std::filesystem::path file_;
    config::Environment environment_;
    Settings settings_;
    config::Schema schema_;
    std::vector<config::Mistake> mistakes_;
};

// One line for each mistake, or for each change with whether it needs a restart.
void logReload(const Configuration::Reloaded& reloaded, core::Logger& logger);

} // namespace outboxd::daemon
