#include "platform/database/errors.hpp"

#include <fmt/format.h>

namespace outboxd::database {
namespace {

using core::ErrorKind;

bool fromClientLibrary(unsigned number) {
    return (number >= 2000 && number < 3000) || (number >= 5000 && number < 6000);
}

// The text between the last pair of single quotes: where the server puts the name that it complains about.
std::string lastQuoted(std::string_view message) {
    const auto end = message.rfind('\'');
    if (end == std::string_view::npos || end == 0) return {};
    const auto begin = message.rfind('\'', end - 1);
    if (begin == std::string_view::npos) return {};
    return std::string{message.substr(begin + 1, end - begin - 1)};
}

std::string hintFor(unsigned number, std::string_view message) {
    switch (number) {
    case 1045: // access denied
    case 1698: // access denied, no password possible (unix_socket authentication)
        return "check database.user and database.password_file; the server's message names the user and host it saw";
    case 1044: // access denied to the schema
        return fmt::format("grant the user of database.user the schema of database.name: "
                           "GRANT ALL PRIVILEGES ON `{0}`.* TO that user",
                           lastQuoted(message));
    case 1049: // unknown schema
        return fmt::format(
            "check database.name, or create it: CREATE DATABASE `{0}` CHARACTER SET utf8mb4; "
            "GRANT ALL PRIVILEGES ON `{0}`.* TO the user of database.user; then run outboxd migrate",
            lastQuoted(message));
    case 1129:
    case 1130: return "the server refuses this machine; create the user of database.user for this host";
    case 1142: // command denied on the table
    case 1143:
    case 1370: return "GRANT the privilege that the message names to the user of database.user";
    case 1227: return "the user of database.user lacks a server privilege; the message names it";
    case 1419: // binary log on, trigger by a user without SUPER
        return "migrate once as a user with SUPER, or SET GLOBAL log_bin_trust_function_creators = 1";
    case 1146: return "run outboxd migrate; if that has been done, check database.name";
    case 1153:
    case 2020: return "raise max_allowed_packet on the server";
    case 1461: return "raise max_prepared_stmt_count on the server, or lower database.pool_size";
    case 1040:
    case 1203:
    case 1226: return "raise max_connections on the server, or lower database.pool_size";
    case 2002:
    case 2003:
    case 2005: return "is the server running? check database.host, database.port and database.socket";
    case 1021:
    case 1114: return "the server's disk or a tablespace is full";
    case 1290:
    case 1792:
    case 1836: return "the server is read-only; point database.host at the primary";
    default: return {};
    }
}

} // namespace

bool DuplicateKey::names(std::string_view index) const {
    const std::string_view key{key_};
    if (key == index) return true;
    return key.size() > index.size() && key.ends_with(index) && key[key.size() - index.size() - 1] == '.';
}

ErrorKind kindOf(unsigned number) {
    switch (number) {
    case 1020: // record has changed since the snapshot (innodb_snapshot_isolation)
    case 1205: // lock wait
    case 1213: // deadlock
    case 1412: // table definition changed under the transaction
    case 1615: // prepared statement must be prepared again
    case 3101: // group replication rolled the transaction back
    case 3572: // NOWAIT
        return ErrorKind::contention;
    case 1969: // max_statement_time
    case 3024: // max_execution_time
        return ErrorKind::timeout;
    case 1040: // too many connections
    case 1203: // of this user
    case 1226: // a user's resource limit
        return ErrorKind::overloaded;
    case 1021: // disk full
    case 1114: // table full
    case 1047: // Galera: not ready
    case 1053: // shutdown in progress
    case 1077:
    case 1079: // shutdown
    case 1152: // aborted connection
    case 1158:
    case 1159:
    case 1160:
    case 1161: // network read and write
    case 1184: // aborted connection
    case 1290: // --read-only
    case 1792: // read-only transaction
    case 1836: // read-only mode
    case 1317: // KILL QUERY
    case 1927: // KILL
    case 3169: // KILL on MySQL
    case 4031: // idle for wait_timeout on MySQL
        return ErrorKind::unavailable;
    case 1044:
    case 1045:
    case 1049:
    case 1129:
    case 1130:
    case 1142:
    case 1143:
    case 1146: // no such table
    case 1153: // packet too large
    case 1227:
    case 1370:
    case 1419:
    case 1461:
    case 1698:
    case 2020: // packet too large
    case 2059: // authentication plugin
    case 2061: return ErrorKind::misconfigured;
    case 1264: // out of range
    case 1292: // incorrect value
    case 1366: // incorrect string
    case 1406: // too long
        return ErrorKind::invalid_data;
    default: return fromClientLibrary(number) ? ErrorKind::unavailable : ErrorKind::internal;
    }
}

bool breaksConnection(unsigned number) {
    // A read-only server counts too: after a fail-over a new connection may reach the new primary.
    return fromClientLibrary(number) || kindOf(number) == ErrorKind::unavailable || number == 1153;
}

void throwDatabaseError(unsigned number, const char* message, const std::string& doing) {
    const auto what = fmt::format("{}: {} ({})", doing, message, number);
    if (number == 1062) throw DuplicateKey(what, lastQuoted(message));
    if (number == 1205 || number == 3572) throw LockNotAvailable(what);
    throw core::Error(kindOf(number), what, hintFor(number, message));
}

} // namespace outboxd::database
