// The mechanism: kinds, reading, overriding. The list of outboxd's settings is tested in settings_test.cpp.
#include "platform/config/reader.hpp"
#include "platform/config/reference.hpp"
#include "tests/support/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

using namespace outboxd;
using namespace outboxd::config;
using namespace std::chrono_literals;

namespace {

enum class Colour { red, green };

struct Shop {
    std::string host = "localhost";
    std::uint16_t port = 80;
    std::chrono::milliseconds wait = 200ms;
    ByteSize body = kibibytes(64);
    bool open = false;
    Colour colour = Colour::red;
    std::set<Colour> colours{Colour::red};
    std::vector<std::string> peers{"a:1"};
    std::map<std::string, std::string> extra;
    SecretFile password;
};

Schema describe(Shop& shop) {
    Schema schema;
    schema.section("", "Everything.");
    schema.add("open", flag(shop.open), Reload::live, "Whether it is open.");
    schema.section("shop", "The shop.");
    schema.add("host", text(shop.host, 1, 20), Reload::restart, "Where it is.");
    schema.add("port", integer(shop.port, 1, 65535), Reload::restart, "Its port.");
    schema.add("wait", duration(shop.wait, 1ms, 10min), Reload::live, "How long.");
    schema.add("body", size(shop.body, kibibytes(1), mebibytes(1)), Reload::restart, "How large.");
    schema.add("colour", choice(shop.colour, {{"red", Colour::red}, {"green", Colour::green}}),
               Reload::restart, "One.");
    schema.add("colours", choices(shop.colours, {{"red", Colour::red}, {"green", Colour::green}}),
               Reload::restart, "Some.");
    schema.section("link", "The network.");
    schema.add("peers", addresses(shop.peers), Reload::restart, "The others.");
    schema.add("extra",
               entries(shop.extra,
                       [](std::string_view key) { return key == "no" ? Problem{"it is ours"} : Problem{}; }),
               Reload::restart, "The rest.");
    schema.add("password_file", secretFile(shop.password), Reload::live, "The secret.");
    schema.refuse("password", "use link.password_file");
    return schema;
}

struct World {
    Shop shop;
    Schema schema = describe(shop);
    testing::TemporaryFolder folder;
    Environment environment;

    // Mistakes as "line:column: what" or "VARIABLE: what".
    std::vector<std::string> read(const std::string& yaml) {
        const auto file = folder.write("shop.yaml", yaml);
        std::vector<std::string> texts;
        for (const auto& mistake : config::read(schema, file, environment)) {
            auto text = mistake.text();
            if (text.starts_with(file.string() + ":")) text.erase(0, file.string().size() + 1);
            texts.push_back(std::move(text));
        }
        return texts;
    }
};

using Texts = std::vector<std::string>;

} // namespace

BOOST_FIXTURE_TEST_SUITE(config_suite, World)

BOOST_AUTO_TEST_CASE(an_empty_file_means_the_defaults) {
    BOOST_TEST(read("") == Texts{});
    BOOST_TEST(read("# nothing\nshop:\n") == Texts{});
    BOOST_TEST(shop.port == 80);
    BOOST_TEST(schema.find("shop.port")->source == "default");
}

BOOST_AUTO_TEST_CASE(every_kind_is_read_from_the_file) {
    const auto mistakes =
        read("open: true\n"
             "shop: {host: example.org, port: 8080, wait: 3s, body: 512KiB, colour: green, colours: [green, "
             "red]}\n"
             "link:\n"
             "  peers: ['one:1', '[::1]:2']\n"
             "  extra: {socket.keepalive.enable: true, a: b=c}\n");
    BOOST_TEST(mistakes == Texts{});
    BOOST_TEST(shop.open);
    BOOST_TEST(shop.host == "example.org");
    BOOST_TEST(shop.port == 8080);
    BOOST_TEST((shop.wait == 3s));
    BOOST_TEST(shop.body.bytes == 524288);
    BOOST_TEST((shop.colour == Colour::green));
    BOOST_TEST((shop.colours == std::set{Colour::red, Colour::green}));
    BOOST_TEST(shop.peers == (Texts{"one:1", "[::1]:2"}));
    BOOST_TEST(shop.extra.at("socket.keepalive.enable") == "true");
    BOOST_TEST(shop.extra.at("a") == "b=c");
}

BOOST_AUTO_TEST_CASE(all_mistakes_are_reported_at_once_with_their_places) {
    environment = {{"OUTBOXD_SHOP_PROT", "1"}, {"OUTBOXD_SHOP_WAIT", "soon"}};
    const auto mistakes = read("opn: true\n"           // 1
                               "shop:\n"               // 2
                               "  port: 70000\n"       // 3
                               "  wait: 50\n"          // 4
                               "  body: [1]\n"         // 5
                               "  host: a\n"           // 6
                               "  host: b\n"           // 7
                               "  colour: gren\n"      // 8
                               "  colours: []\n"       // 9
                               "lnk:\n  peers: [a]\n"  // 10, 11
                               "link:\n  peers: [a]\n" // 12, 13
                               "  extra: {no: 1}\n"    // 14
                               "  password: x\n"       // 15
                               "  port: 1\n"           // 16
                               "shop.port: 1\n");      // 17
    const Texts expected{
        "1:1: opn: no setting has this name; did you mean open?",
        "3:9: shop.port: '70000' is out of bounds: 1 to 65535",
        "4:9: shop.wait: '50' has no unit; write a whole number and ms, s, m, h or d, like 50ms",
        "5:9: shop.body: expected one value (size)",
        "7:3: shop.host is set again; it was set in line 6 already",
        "8:11: shop.colour: 'gren' is none of red, green; did you mean green?",
        "9:12: shop.colours: needs at least one of red, green",
        "10:1: lnk: no setting has this name; did you mean link?",
        "13:10: link.peers: 'a' is not of the form host:port",
        "14:10: link.extra: 'no' may not be set: it is ours",
        "15:3: link.password: is not a setting: use link.password_file",
        "16:3: link.port: no setting has this name; did you mean shop.port?",
        "17:1: shop.port: write each part on a line of its own, the later one indented",
        "OUTBOXD_SHOP_PROT: no setting has this name; did you mean OUTBOXD_SHOP_PORT?",
        std::string("OUTBOXD_SHOP_WAIT: shop.wait: 'soon' is not a duration; ") +
            "write a whole number and ms, s, m, h or d, like 50ms",
    };
    BOOST_TEST(mistakes == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(values_of_the_wrong_form_are_refused_and_leave_the_default) {
    const auto wrong = [&](const std::string& line) { return read("shop:\n  " + line + "\n").size() == 1; };
    for (const char* line : {"port: 1.5",
                             "port: '80 '",
                             "port: 0x50",
                             "port: 18446744073709551616",
                             "port:",
                             "port: {}",
                             "wait: 0ms",
                             "wait: 11m",
                             "wait: -1s",
                             "wait: 1.5s",
                             "wait: 1 s",
                             "wait: 99999999999999999d",
                             "wait: ms",
                             "body: 2MiB",
                             "body: 1KB",
                             "body: 9999999999GiB",
                             "host: ''",
                             "host: \"a\\nb\"",
                             "host: aaaaaaaaaaaaaaaaaaaaa",
                             "host: ~",
                             "colours: red",
                             "colours: [[red]]",
                             "? [a]\n  : b"}) {
        BOOST_TEST(wrong(line), line);
    }
    BOOST_TEST(read("open: yes\n").size() == 1u);
    BOOST_TEST(shop.port == 80);
    BOOST_TEST((shop.wait == 200ms));
    BOOST_TEST(shop.host == "localhost");
}

BOOST_AUTO_TEST_CASE(what_is_not_yaml_is_a_mistake_with_its_place) {
    BOOST_TEST(read("shop:\n  port: [1\n").at(0).starts_with("3:1: not well-formed YAML: "));
    BOOST_TEST(read("- a\n").at(0) == "1:1: expected settings of the form 'name: value'");
    BOOST_TEST(read("shop: 3\n").at(0) == "1:7: shop: is a section; its settings go below it, indented");
    BOOST_TEST(read("open: true\n---\nopen: false\n").at(0).find("a second YAML document") !=
               std::string::npos);
    BOOST_TEST(read(std::string(100'000, '[')).size() == 1u);
    BOOST_TEST(read(std::string(2'000'000, '#')).at(0).find("larger than 1048576 bytes") !=
               std::string::npos);
    BOOST_TEST(read("shop: &a\n  port: 1\nlink: *a\n").size() == 1u); // an alias is what it stands for
}

BOOST_AUTO_TEST_CASE(a_missing_file_is_one_mistake_and_the_environment_is_still_checked) {
    environment = {{"OUTBOXD_SHOP_PORT", "0"}};
    const auto mistakes = config::read(schema, folder.path() / "absent.yaml", environment);
    BOOST_REQUIRE(mistakes.size() == 2u);
    BOOST_TEST(mistakes[0].what == "cannot read the configuration: No such file or directory");
    BOOST_TEST(mistakes[1].where == "OUTBOXD_SHOP_PORT");
    BOOST_TEST(config::read(schema, folder.path(), {}).at(0).what ==
               "cannot read the configuration: Is a directory");
}

BOOST_AUTO_TEST_CASE(the_environment_wins_over_the_file) {
    environment = {{"OUTBOXD_SHOP_PORT", "99"},
                   {"OUTBOXD_LINK_PEERS", "one:1, two:2"},
                   {"OUTBOXD_LINK_EXTRA", "a=1,b=2"},
                   {"OUTBOXD_TEST_ANYTHING", "x"},
                   {"OUTBOXD_RUN_ANYTHING", "x"},
                   {"OUTBOXD_DEV_ANYTHING", "x"},
                   {"PATH", "/bin"}};
    BOOST_TEST(read("shop:\n  port: 88\n  host: there\n") == Texts{});
    BOOST_TEST(shop.port == 99);
    BOOST_TEST(shop.peers == (Texts{"one:1", "two:2"}));
    BOOST_TEST(shop.extra.at("b") == "2");
    BOOST_TEST(schema.find("shop.port")->source == "OUTBOXD_SHOP_PORT");
    BOOST_TEST(schema.find("shop.host")->source.ends_with("shop.yaml:3:9"));
}

BOOST_AUTO_TEST_CASE(a_refused_variable_is_answered_with_advice_and_without_its_value) {
    environment = {{"OUTBOXD_LINK_PASSWORD", "hunter2"}};
    BOOST_TEST(read("") == Texts{"OUTBOXD_LINK_PASSWORD: is not a setting: use link.password_file"});
}

BOOST_AUTO_TEST_CASE(a_secret_is_read_from_the_credentials_first_then_beside_the_file) {
    folder.write("db", "beside\n");
    BOOST_TEST(read("link: {password_file: db}\n") == Texts{});
    BOOST_TEST(shop.password.value.reveal() == "beside");
    folder.write("credentials/db", "from systemd\r\n");
    environment["CREDENTIALS_DIRECTORY"] = (folder.path() / "credentials").string();
    BOOST_TEST(read("link: {password_file: db}\n") == Texts{});
    BOOST_TEST(shop.password.value.reveal() == "from systemd");
    const auto absolute = folder.write("elsewhere", "two\nlines\n\n").string();
    BOOST_TEST(read("link: {password_file: " + absolute + "}\n") == Texts{});
    BOOST_TEST(shop.password.value.reveal() == "two\nlines\n"); // one newline only
}

BOOST_AUTO_TEST_CASE(a_secret_that_cannot_be_read_or_is_empty_is_a_mistake_at_the_setting) {
    folder.write("empty", "\n");
    BOOST_TEST(read("link: {password_file: absent}\n").at(0) == "1:23: link.password_file: cannot read " +
                                                                    (folder.path() / "absent").string() +
                                                                    ": No such file or directory");
    BOOST_TEST(read("link: {password_file: empty}\n").at(0).ends_with("empty is empty"));
    BOOST_TEST(read("link: {password_file: .}\n").at(0).ends_with(": Is a directory"));
}

template <class Type>
concept Streams = requires(std::ostream& out, const Type& value) {
    out << value;
};

BOOST_AUTO_TEST_CASE(a_secret_cannot_be_printed) {
    static_assert(!Streams<Secret> && !fmt::is_formattable<Secret>::value);
    static_assert(!std::is_convertible_v<Secret, std::string> &&
                  !std::is_convertible_v<Secret, std::string_view>);
    folder.write("db", "hunter2");
    BOOST_TEST(read("link: {password_file: db}\n") == Texts{});
    const auto shown = effectiveYaml(schema);
    BOOST_TEST(shown.find("password_file: db ") != std::string::npos);
    BOOST_TEST(shown.find("hunter2") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_shown_reads_back_as_the_same_values) {
    BOOST_TEST(read("shop: {host: \"it's: #1\", wait: 90s}\nlink: {extra: {a: '', 'null': 'null'}}\n") ==
               Texts{});
    const auto shown = effectiveYaml(schema);
    World again;
    BOOST_TEST(again.read(shown) == Texts{});
    for (const auto& name : schema.names()) {
        BOOST_TEST(schema.find(name)->kind.items() == again.schema.find(name)->kind.items(), name);
    }
}

BOOST_AUTO_TEST_CASE(durations_and_sizes_are_written_in_their_largest_whole_unit) {
    BOOST_TEST(formatDuration(0ms) == "0ms");
    BOOST_TEST(formatDuration(50ms) == "50ms");
    BOOST_TEST(formatDuration(90s) == "90s");
    BOOST_TEST(formatDuration(120s) == "2m");
    BOOST_TEST(formatDuration(48h) == "2d");
    BOOST_TEST(formatSize({1000}) == "1000B");
    BOOST_TEST(formatSize(mebibytes(3)) == "3MiB");
    for (const char* text : {"50ms", "3s", "10m", "25h", "7d"}) {
        BOOST_TEST(formatDuration(std::get<std::chrono::milliseconds>(parseDuration(text))) == text);
    }
    BOOST_TEST(std::get<ByteSize>(parseSize("4096")).bytes == 4096);
}

BOOST_AUTO_TEST_CASE(percentages_have_two_decimals_at_most_and_are_written_as_short_as_they_can_be) {
    const std::vector<std::pair<std::string, std::int64_t>> readable{
        {"0", 0}, {"1", 100}, {"1.5", 150}, {"0.25", 25}, {"12.05", 1205}, {"100", 10'000}};
    for (const auto& [text, hundredths] : readable) {
        BOOST_TEST(std::get<std::int64_t>(parsePercentage(text)) == hundredths);
        BOOST_TEST(formatPercentage(hundredths) == text);
    }
    BOOST_TEST(std::get<std::int64_t>(parsePercentage("1.50")) == 150);
    for (const char* text :
         {"", ".", "1.", ".5", "1.555", "-1", "+1", "1 %", "1%", "1e2", "1,5", "9999999999"})
        BOOST_TEST(std::holds_alternative<Unreadable>(parsePercentage(text)), text);
}

BOOST_AUTO_TEST_CASE(live_changes_are_adopted_and_the_others_named_until_the_restart) {
    folder.write("db", "old");
    BOOST_TEST(read("shop: {port: 1, wait: 1s}\nlink: {password_file: db}\n") == Texts{});
    World fresh;
    fresh.folder.write("db", "new");
    BOOST_TEST(fresh.read("shop: {port: 2, wait: 2s}\nlink: {password_file: db}\n") == Texts{});
    for (int round = 0; round < 2; ++round) {
        Texts named;
        for (const auto& change : adopt(schema, fresh.schema)) {
            named.push_back(change.name + (change.reload == Reload::live ? " live" : " restart"));
        }
        const Texts first{"shop.port restart", "shop.wait live", "link.password_file live"};
        BOOST_TEST(named == (round == 0 ? first : Texts{"shop.port restart"}));
    }
    BOOST_TEST(shop.port == 1);
    BOOST_TEST((shop.wait == 2s));
    BOOST_TEST(shop.password.value.reveal() == "new"); // the same path, another content
}

BOOST_AUTO_TEST_SUITE_END()
