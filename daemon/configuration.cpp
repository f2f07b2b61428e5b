#include "daemon/configuration.hpp"

namespace outboxd::daemon {

Configuration::Configuration(std::filesystem::path file, config::Environment environment)
    : file_(std::move(file)), environment_(std::move(environment)), schema_(describe(settings_)),
      mistakes_(config::read(schema_, file_, environment_)) {
    if (mistakes_.empty()) mistakes_ = checkTogether(settings_, schema_);
}

Configuration::Reloaded Configuration::reload() {
    const Configuration fresh{file_, environment_};
    if (!fresh.mistakes_.empty()) return {fresh.mistakes_, {}};
    return {{}, config::adopt(schema_, fresh.schema_)};
}

void logReload(const Configuration::Reloaded& reloaded, core::Logger& logger) {
    for (const auto& mistake : reloaded.mistakes) {
        logger.error("configuration_mistake", {{"where", mistake.where}, {"what", mistake.what}});
    }
    if (!reloaded.mistakes.empty()) {
        logger.error("reload_refused", {{"mistakes", reloaded.mistakes.size()},
                                        {"next_step", "the settings from before stay in force"}});
        return;
    }
    std::size_t waiting = 0;
    for (const auto& change : reloaded.changes) {
        const bool live = change.reload == config::Reload::live;
        waiting += live ? 0 : 1;
        logger.info(live ? "setting_changed" : "setting_needs_restart", {{"setting", change.name}});
    }
    logger.info("reloaded", {{"changed", reloaded.changes.size() - waiting}, {"need_restart", waiting}});
}

} // namespace outboxd::daemon
