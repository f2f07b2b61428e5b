// Answers as tables for people.
#pragma once

#include <rapidjson/document.h>
#include <string>
#include <vector>

namespace outboxd::ctl {

struct Column {
    std::string title;
    std::string member;
    enum class Form { plain, age, time } form = Form::plain; // age: of milliseconds; time: without fractions
};

// A cell's text: control characters are made visible, null is "-".
std::string cellOf(const rapidjson::Value& row, const Column& column);

// A line for each element, columns as wide as they need to be; numbers to the right.
std::string tableOf(const rapidjson::Value& rows, const std::vector<Column>& columns);

// "name   value", a line each, for one object.
std::string cardOf(const rapidjson::Value& object, const std::vector<Column>& columns);

} // namespace outboxd::ctl
