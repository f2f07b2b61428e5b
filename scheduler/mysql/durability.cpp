#include "scheduler/mysql/durability.hpp"

#include "sql/durability.hpp"

#include <algorithm>

namespace outboxd::scheduler::mysql {

std::vector<Weakness> weaknessesOf(const std::map<std::string, std::string>& variables) {
    const auto is = [&](const char* name, auto... values) {
        const auto found = variables.find(name);
        return found != variables.end() && ((found->second == values) || ...);
    };
    const auto isNot = [&](const char* name, const char* value) {
        return variables.contains(name) && !is(name, value);
    };
    const auto described = [&](const char* name) { return name + (" is " + variables.at(name)); };

    std::vector<Weakness> found;
    if (isNot("innodb_flush_log_at_trx_commit", "1"))
        found.push_back(
            {"database", described("innodb_flush_log_at_trx_commit"),
             "what was answered with 2xx within the last second is lost, with its events, when the machine "
             "fails (at 0 also when the server does)",
             "set innodb_flush_log_at_trx_commit=1"});
    if (is("log_bin", "ON", "1") && isNot("sync_binlog", "1"))
        found.push_back(
            {"database", described("sync_binlog"),
             "after a failure of the machine the binary log may lack commits: replicas, and whoever fails over "
             "to one, lose changes that were answered with 2xx",
             "set sync_binlog=1"});
    if (is("innodb_doublewrite", "OFF", "0"))
        found.push_back({"database", described("innodb_doublewrite"),
                         "a page that was half written when the machine failed cannot be mended",
                         "set innodb_doublewrite=ON, unless the file system writes pages at once"});
    if (is("log_bin", "ON", "1") && is("binlog_format", "STATEMENT"))
        found.push_back({"database", described("binlog_format"),
                         "the server refuses changes under READ COMMITTED: nothing can be written",
                         "set binlog_format=ROW"});
    for (const auto* name : {"super_read_only", "read_only"}) {
        if (!is(name, "ON", "1")) continue;
        found.push_back({"database", described(name),
                         "this server takes no changes: it is a replica, or being one",
                         "name the primary in database.host, or set read_only=OFF"});
        break;
    }
    return found;
}

std::vector<Weakness> databaseWeaknesses(database::Session& session) {
    std::map<std::string, std::string> variables;
    for (const auto& row : session.query(sql::durability::server_settings, {})) {
        auto name = row.bytes(0);
        std::transform(name.begin(), name.end(), name.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        variables.emplace(std::move(name), row.bytes(1));
    }
    return weaknessesOf(variables);
}

} // namespace outboxd::scheduler::mysql
