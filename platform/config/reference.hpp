// What people read about the settings, made from their one description.
#pragma once

#include "platform/config/schema.hpp"

#include <string>

namespace outboxd::config {

// docs/settings.md: a table for each section.
std::string settingsMarkdown(const Schema& schema);

// etc/outboxd.yaml: every setting with its default, commented out ("#host: 127.0.0.1").
std::string exampleYaml(const Schema& schema);

// The values in force as YAML, each with where it came from. Shows a secret's path, never the secret.
std::string effectiveYaml(const Schema& schema);

} // namespace outboxd::config
