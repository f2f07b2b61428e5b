// A setting that is a list of records, each with named fields:
//
//   routes:
//     - {type: PaymentCompleted, topic: payment-completed, headers: {source: shop}}
//
// As an item (see kind.hpp) a record is one line "field=value" for each field; the entry of a field that is a map is
// "field.key=value". Values hold no line breaks.
#pragma once

#include "platform/config/kind.hpp"

namespace outboxd::config {

struct RecordField {
    std::string name;
    bool map = false;
};

struct Record {
    std::map<std::string, std::string> values;                         // by field
    std::map<std::string, std::map<std::string, std::string>> entries; // of fields that are maps
};

// `get` and `set` see all records at once; `set` says what is wrong with them, or takes them.
Kind records(std::vector<RecordField> fields, std::function<std::vector<Record>()> get,
             std::function<Problem(const std::vector<Record>&)> set);

// One record with plain fields: `order-expiry: {schedule: after 5s, timeout: 1m}`, or the same on lines of their own. Fields
// that are not given stay as they are. `get` returns those that are worth showing, in their order.
using Fields = std::vector<std::pair<std::string, std::string>>;
Kind record(std::string type, std::vector<std::string> fields, std::function<Fields()> get,
            std::function<Problem(const std::map<std::string, std::string>&)> set);

} // namespace outboxd::config
