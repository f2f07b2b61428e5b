// What of the database's settings weakens "what was answered with 2xx is committed".
#pragma once

#include "platform/database/database.hpp"
#include "scheduler/durability.hpp"

#include <map>
#include <vector>

namespace outboxd::scheduler::mysql {

// Of the server's global variables, by name in lower case. What is not there is not judged.
std::vector<Weakness> weaknessesOf(const std::map<std::string, std::string>& variables);

// Asks the server. Throws core::Error.
std::vector<Weakness> databaseWeaknesses(database::Session& session);

} // namespace outboxd::scheduler::mysql
