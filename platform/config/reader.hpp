// Reads the configuration file and the environment into described settings.
#pragma once

#include "platform/config/schema.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace outboxd::config {

using Environment = std::map<std::string, std::string>;

// The process's environment as it is now. Not safe while another thread calls setenv().
Environment processEnvironment();

// Fills the described fields: the file first, then variables named OUTBOXD_<SECTION>_<NAME>, then the secret
// files. Lists in variables are separated by commas, maps are written key=value,key=value.
//
// Returns every mistake there is, with file, line and column or the variable's name; the fields are to be
// used only if there is none. Does not throw for anything that the file or the environment contains.
// Variables that start with OUTBOXD_TEST_, OUTBOXD_RUN_ or OUTBOXD_DEV_ belong to scripts and are left alone.
std::vector<Mistake> read(Schema& schema, const std::filesystem::path& file, const Environment& environment);

} // namespace outboxd::config
