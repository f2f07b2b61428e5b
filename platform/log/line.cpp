#include "platform/log/line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace outboxd::log {
namespace {

constexpr std::size_t kLongestText = 8 * 1024;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Length of the well-formed UTF-8 sequence at the front (Unicode 15, table 3-7), 0 if there is none.
std::size_t sequenceLength(std::string_view text) {
    const auto byte = [&](std::size_t place) { return static_cast<unsigned char>(text[place]); };
    const auto lead = byte(0);
    if (lead < 0x80) return 1;
    const std::size_t length = lead >= 0xC2 && lead <= 0xDF   ? 2
                               : (lead & 0xF0) == 0xE0        ? 3
                               : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                              : 0;
    if (length == 0 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return 0;
    }
    if (lead == 0xE0 && byte(1) < 0xA0) return 0; // overlong
    if (lead == 0xED && byte(1) > 0x9F) return 0; // surrogates
    if (lead == 0xF0 && byte(1) < 0x90) return 0; // overlong
    if (lead == 0xF4 && byte(1) > 0x8F) return 0; // above U+10FFFF
    return length;
}

bool isC1(std::string_view sequence) {
    return sequence.size() == 2 && sequence[0] == '\xC2' && static_cast<unsigned char>(sequence[1]) < 0xA0;
}

void appendEscaped(std::string& out, std::string_view text) {
    const bool cut = text.size() > kLongestText;
    if (cut) text = text.substr(0, kLongestText);
    while (!text.empty()) {
        const auto length = sequenceLength(text);
        const auto sequence = text.substr(0, std::max<std::size_t>(length, 1));
        const auto letter = static_cast<unsigned char>(sequence.front());
        text.remove_prefix(sequence.size());
        if (length == 0) {
            if (!(cut && text.size() < 3)) out += kReplacement; // the cut itself may have split a character
        } else if (letter == '"' || letter == '\\') {
            out += '\\';
            out += static_cast<char>(letter);
        } else if (letter == '\n') {
            out += "\\n";
        } else if (letter < 0x20 || letter == 0x7F) {
            out += fmt::format("\\u{:04x}", letter);
        } else if (isC1(sequence)) {
            out += fmt::format("\\u{:04x}", static_cast<unsigned char>(sequence[1]));
        } else {
            out += sequence;
        }
    }
    if (cut) out += "...";
}

void appendQuoted(std::string& out, std::string_view text) {
    out += '"';
    appendEscaped(out, text);
    out += '"';
}

// Texts that need no quotes in the human form.
bool isBare(std::string_view text) {
    return !text.empty() && text.size() < 200 && std::all_of(text.begin(), text.end(), [](char letter) {
        return letter > ' ' && letter < 0x7F && letter != '"' && letter != '=' && letter != '\\';
    });
}

void appendText(std::string& out, std::string_view text) {
    if (isBare(text)) {
        out += text;
    } else {
        appendQuoted(out, text);
    }
}

struct ValueWriter {
    std::string& out;
    bool json;

    void operator()(std::string_view text) const { json ? appendQuoted(out, text) : appendText(out, text); }
    void operator()(std::int64_t number) const { out += fmt::format("{}", number); }
    void operator()(double number) const { // JSON has neither NaN nor infinity
        out += json && !std::isfinite(number) ? fmt::format("\"{}\"", number) : fmt::format("{}", number);
    }
    void operator()(bool flag) const { out += flag ? "true" : "false"; }
};

std::string json(const LineHead& head, std::initializer_list<core::LogField> fields) {
    auto out = fmt::format("{{\"time\":\"{}\",\"level\":\"{}\",\"event\":", core::toRfc3339(head.time),
                           name(head.level));
    appendQuoted(out, head.event);
    out += ",\"node\":";
    appendQuoted(out, head.node);
    for (const auto& field : fields) {
        const bool taken =
            field.key == "time" || field.key == "level" || field.key == "event" || field.key == "node";
        out += ",\"";
        appendEscaped(out, field.key);
        out += taken ? "_\":" : "\":";
        std::visit(ValueWriter{out, true}, field.value);
    }
    return out + "}\n";
}

std::string_view colour(core::LogLevel level) {
    switch (level) {
    case core::LogLevel::debug: return "\x1b[2m";
    case core::LogLevel::info: return "\x1b[32m";
    case core::LogLevel::warning: return "\x1b[33m";
    case core::LogLevel::error: return "\x1b[31m";
    }
    return "";
}

std::string_view column(core::LogLevel level) {
    switch (level) {
    case core::LogLevel::debug: return "DEBUG";
    case core::LogLevel::info: return "INFO ";
    case core::LogLevel::warning: return "WARN ";
    case core::LogLevel::error: return "ERROR";
    }
    return "";
}

std::string text(const LineHead& head, std::initializer_list<core::LogField> fields, bool coloured) {
    auto out = core::toRfc3339(head.time) + ' ';
    if (coloured) out += colour(head.level);
    out += column(head.level);
    if (coloured) out += "\x1b[0m";
    out += ' ';
    appendText(out, head.event);
    for (const auto& field : fields) {
        out += ' ';
        appendText(out, field.key);
        out += '=';
        std::visit(ValueWriter{out, false}, field.value);
    }
    out += " node=";
    appendText(out, head.node);
    return out + '\n';
}

} // namespace

std::string formatLine(Form form, const LineHead& head, std::initializer_list<core::LogField> fields) {
    return form == Form::json ? json(head, fields) : text(head, fields, form == Form::colour);
}

std::string_view name(core::LogLevel level) {
    switch (level) {
    case core::LogLevel::debug: return "debug";
    case core::LogLevel::info: return "info";
    case core::LogLevel::warning: return "warning";
    case core::LogLevel::error: return "error";
    }
    return "error";
}

int syslogPriority(core::LogLevel level) {
    switch (level) {
    case core::LogLevel::debug: return 7;
    case core::LogLevel::info: return 6;
    case core::LogLevel::warning: return 4;
    case core::LogLevel::error: return 3;
    }
    return 3;
}

} // namespace outboxd::log
