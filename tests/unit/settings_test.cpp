#include "daemon/check_config.hpp"
#include "daemon/configuration.hpp"
#include "platform/config/reference.hpp"
#include "platform/security/api_keys.hpp"
#include "tests/support/memory_logger.hpp"
#include "tests/support/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <sstream>

using namespace outboxd;
using namespace std::chrono_literals;

namespace {

struct Machine {
    testing::TemporaryFolder folder;

    std::string firstMistake(const std::string& yaml) {
        const daemon::Configuration configuration{folder.write("o.yaml", yaml), {}};
        return configuration.mistakes().empty() ? "" : configuration.mistakes().front().text();
    }
    bool refuses(const std::string& yaml, const std::string& words) {
        return firstMistake(yaml).find(words) != std::string::npos;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(settings_suite, Machine)

BOOST_AUTO_TEST_CASE(the_defaults_are_within_their_own_bounds_and_agree_with_each_other) {
    daemon::Settings settings;
    auto schema = daemon::describe(settings);
    for (const auto& name : schema.names()) {
        auto& setting = *schema.find(name);
        const auto problem = setting.kind.assign(setting.defaults);
        BOOST_TEST(!problem.has_value(), name << ": " << problem.value_or(""));
        BOOST_TEST(setting.consequence.ends_with('.'), name);
    }
    BOOST_TEST(daemon::checkTogether(settings, schema).empty());
}

BOOST_AUTO_TEST_CASE(no_two_settings_have_one_name_or_one_variable) {
    daemon::Settings settings;
    const auto names = daemon::describe(settings).names();
    std::set<std::string> variables;
    for (const auto& name : names) variables.insert(config::variableFor(name));
    BOOST_TEST(variables.size() == names.size());
}

BOOST_AUTO_TEST_CASE(the_example_file_names_every_setting_with_its_default) {
    daemon::Settings settings;
    const auto schema = daemon::describe(settings);
    const auto example = config::exampleYaml(schema);
    BOOST_TEST(firstMistake(example) == "");

    // Without the # in front of the names it must say the same as no file at all.
    std::istringstream lines{example};
    std::string uncommented;
    std::size_t named = 0;
    for (std::string line; std::getline(lines, line);) {
        const auto hash = line.find('#');
        if (hash != std::string::npos && line[hash + 1] != ' ') {
            line.erase(hash, 1);
            ++named;
        }
        uncommented += line + "\n";
    }
    BOOST_TEST(named == schema.names().size());
    const daemon::Configuration all{folder.write("all.yaml", uncommented), {}};
    BOOST_TEST(all.mistakes().empty(), daemon::mistakesText(all.mistakes()));
    for (const auto& name : schema.names()) {
        BOOST_TEST((all.schema().find(name)->kind.items() == schema.find(name)->defaults), name);
    }
}

BOOST_AUTO_TEST_CASE(rules_that_join_settings_name_the_place) {
    BOOST_TEST(
        firstMistake("relay:\n  renew_every: 5s\n")
            .ends_with(
                "o.yaml:2:16: relay.renew_every: 5s is not less than half of relay.lease (10s); one late "
                "renewal would lose the lane"));
    BOOST_TEST(firstMistake("relay: {renew_every: 4999ms}\n") == "");
    BOOST_TEST(refuses("relay: {max_event_bytes: 3MiB, max_in_flight_bytes: 2MiB}\n",
                       "relay.max_event_bytes: is more than"));
    BOOST_TEST(refuses("admin: {port: 8080}\n", ":1:15: admin.port: 8080 is http.port already"));
    BOOST_TEST(firstMistake("http: {port: 0}\nadmin: {port: 0}\n") == "");
}

BOOST_AUTO_TEST_CASE(the_api_listens_on_loopback_only_while_there_is_no_authentication) {
    for (const char* host : {"127.0.0.1", "127.9.9.9", "'::1'", "localhost"}) {
        BOOST_TEST(firstMistake(std::string{"http: {host: "} + host + "}\n") == "", host);
    }
    for (const char* host : {"0.0.0.0", "'::'", "10.0.0.1", "shop.example.org", "localhost.example.org"}) {
        BOOST_TEST(refuses(std::string{"http: {host: "} + host + "}\n", "auth.mode none asks nobody"), host);
    }
    BOOST_TEST(firstMistake("admin: {host: 0.0.0.0}\n") == "");
}

BOOST_AUTO_TEST_CASE(authentication_is_complete_or_refused) {
    const auto key = security::makeApiKey("shop", {}, false);
    folder.write("keys", key.line + "\n");
    folder.write("bad-keys", "# keys\nshop service\n");
    folder.write("token", "0123456789abcdef\n");
    folder.write("short", "0123456789\n");
    folder.write("secret", std::string(32, 's'));
    BOOST_TEST(firstMistake("auth: {mode: [api_key], api_keys_file: keys}\nhttp: {host: 0.0.0.0}\n") == "");
    BOOST_TEST(refuses("auth: {mode: [none, jwt]}\n", "auth.mode: none cannot be combined"));
    BOOST_TEST(refuses("auth: {mode: [api_key]}\n", ":1:14: auth.mode: api_key needs auth.api_keys_file"));
    BOOST_TEST(refuses("auth: {mode: [api_key], api_keys_file: bad-keys}\n", "bad-keys:2: needs a name"));
    BOOST_TEST(refuses("auth: {admin_token_file: token}\n", "has no effect while auth.mode is none"));
    const std::string mode = "auth: {mode: [api_key], api_keys_file: keys, admin_token_file: ";
    BOOST_TEST(firstMistake(mode + "token}\n") == "");
    BOOST_TEST(refuses(mode + "short}\n", "the token must be 16 or more"));
    BOOST_TEST(refuses(mode + "gone}\n", "auth.admin_token_file: cannot read"));

    const std::string jwt = "auth: {mode: [jwt]}\njwt: {algorithm: HS256, issuer: i, ";
    BOOST_TEST(firstMistake(jwt + "audience: a, key_file: secret}\n") == "");
    BOOST_TEST(refuses(jwt + "key_file: secret}\n", "jwt.audience: must be set"));
    BOOST_TEST(refuses(jwt + "audience: a}\n", "jwt.key_file: must be set"));
    BOOST_TEST(refuses(jwt + "audience: a, key_file: short}\n", "the secret of the tokens is too short"));
    BOOST_TEST(refuses("auth: {mode: [jwt]}\njwt: {issuer: i, audience: a, key_file: secret}\n",
                       "no public key or certificate in PEM; write one"));
}

BOOST_AUTO_TEST_CASE(the_card_gateway_is_complete_and_private_or_refused) {
    const auto key = "api_key_file: " + folder.write("key", "k-123\n").string();
    const auto gateway = [&](const std::string& more) { return "gateway: {" + more + "}\n"; };
    for (const char* url : {"https://pay.example", "https://pay.example:8443/v2", "http://127.0.0.1:9000",
                            "'http://[::1]:9000'"}) {
        BOOST_TEST(firstMistake(gateway("url: " + std::string{url} + ", " + key)) == "", url);
    }
    BOOST_TEST(refuses(gateway("url: http://pay.example, " + key), "in the clear; use https"));
    BOOST_TEST(refuses(gateway("url: pay.example, " + key), "'pay.example' does not begin with https://"));
    BOOST_TEST(
        refuses(gateway("url: https://pay.example"), "gateway.api_key_file: is needed with gateway.url"));
    const auto secret = folder.write("secret", "whsec_c2hvcnQ=\n").string();
    BOOST_TEST(refuses(gateway("webhook_secret_file: " + secret),
                       "gateway.webhook_secret_file: a webhook secret has less than 16 bytes"));
    BOOST_TEST(!refuses(gateway("webhook_secret_file: " + secret), "whsec_c2h"));
}

BOOST_AUTO_TEST_CASE(a_receiver_of_events_is_complete_and_private_or_refused) {
    const auto secret =
        "secret_file: " + folder.write("hook", "whsec_b3V0Ym94ZC1mYWtlLXNlY3JldA==\n").string();
    const auto empty = "secret_file: " + folder.write("nothing", "\n").string();
    const auto weak = "secret_file: " + folder.write("weak", "whsec_c2hvcnQ=\n").string();
    for (const std::string section : {"notification", "data_platform"}) {
        const auto listener = [&](const std::string& more) { return section + ": {" + more + "}\n"; };
        for (const char* url : {"https://hooks.example/shop", "http://127.0.0.1:9000", "'http://[::1]:9000'"})
            BOOST_TEST(firstMistake(listener("url: " + std::string{url} + ", " + secret)) == "", url);
        BOOST_TEST(refuses(listener("url: http://hooks.example, " + secret),
                           "would send what customers bought in the clear; use https"));
        BOOST_TEST(refuses(listener("url: hooks.example, " + secret), "does not begin with https://"));
        BOOST_TEST(refuses(listener("url: https://hooks.example"),
                           section + ".secret_file: is needed with " + section + ".url"));
        BOOST_TEST(firstMistake(listener("url: https://hooks.example, " + empty)) != "");
        BOOST_TEST(
            refuses(listener(weak), section + ".secret_file: a webhook secret has less than 16 bytes"));
        BOOST_TEST(refuses(listener("breaker_minimum_calls: 101"), section + ".breaker_minimum_calls"));
    }
    const daemon::Settings settings;
    BOOST_TEST((settings.listeners.notification.timeout == 500ms));
    BOOST_TEST((settings.listeners.dataPlatform.timeout == 3s));
}

BOOST_AUTO_TEST_CASE(passwords_do_not_belong_in_the_file) {
    BOOST_TEST(refuses("database: {password: x}\n", "name that in database.password_file"));
    BOOST_TEST(refuses("kafka: {properties: {sasl.password: x}}\n", "kafka.secrets: {sasl.password: FILE}"));
    BOOST_TEST(refuses("kafka: {properties: {ssl.key.pem: x}}\n", "kafka.secrets: {ssl.key.pem: FILE}"));
    BOOST_TEST(refuses("kafka: {secrets: {sasl.username: u}}\n", "it is no secret"));
    BOOST_TEST(refuses("kafka: {secrets: {ssl.key.password: gone}}\n", "kafka.secrets: cannot read"));
    const auto file = folder.write("key-password", "top-secret\n").string();
    const auto settings = "kafka: {secrets: {ssl.key.password: " + file + "}}\n";
    const daemon::Configuration configuration{folder.write("o.yaml", settings), {}};
    BOOST_TEST(configuration.mistakes().empty());
    BOOST_TEST(daemon::clientProperties(configuration.settings().kafka).at("ssl.key.password") ==
               "top-secret");
    const auto shown = config::effectiveYaml(configuration.schema());
    BOOST_TEST(shown.find(file) != std::string::npos);
    BOOST_TEST(shown.find("top-secret") == std::string::npos);
    BOOST_TEST(refuses("kafka: {password_file: " + file + ", secrets: {sasl.password: " + file + "}}\n",
                       "sasl.password is given by kafka.password_file already"));
}

BOOST_AUTO_TEST_CASE(what_the_order_of_events_depends_on_cannot_be_set) {
    BOOST_TEST(refuses("kafka: {properties: {acks: 1}}\n",
                       "'acks' may not be set: the order and safety of events depend on it"));
    BOOST_TEST(firstMistake("kafka: {properties: {security.protocol: ssl}}\n") == "");
    BOOST_TEST(refuses("kafka: {client: {security.protocol: ssl}}\n", "it is called kafka.properties"));
    BOOST_TEST(
        refuses("kafka: {properties: {security.protocl: ssl}}\n",
                "kafka.properties: librdkafka refuses 'security.protocl': No such configuration property"));
    BOOST_TEST(refuses("kafka: {properties: {security.protocol: sssl}}\n", "librdkafka refuses"));
}

BOOST_AUTO_TEST_CASE(routes_are_read_checked_and_shown) {
    const std::string yaml =
        "kafka:\n"
        "  profile: cloudevents\n"
        "  routes:\n"
        "    - {aggregate_type: order, type: PaymentCompleted, topic: payment-completed}\n"
        "    - type: Other\n"
        "      key: '{aggregateId}'\n"
        "      headers:\n"
        "        source: 'shop: {type}'\n"
        "        x.y: a=b\n";
    const daemon::Configuration configuration{folder.write("o.yaml", yaml), {}};
    BOOST_REQUIRE(configuration.mistakes().empty());
    const auto& routes = configuration.settings().kafka.routes;
    BOOST_REQUIRE(routes.size() == 2u);
    BOOST_TEST(routes[0].topic == "payment-completed");
    BOOST_TEST(routes[1].key == "{aggregateId}");
    BOOST_TEST(routes[1].headers.at("source") == "shop: {type}");
    BOOST_TEST(routes[1].headers.at("x.y") == "a=b");
    // What is shown can be read again, from a file and from the environment.
    const daemon::Configuration again{
        folder.write("again.yaml", config::effectiveYaml(configuration.schema())), {}};
    BOOST_TEST((again.schema().find("kafka.routes")->kind.items() ==
                configuration.schema().find("kafka.routes")->kind.items()));
    const daemon::Configuration variable{folder.write("empty.yaml", ""),
                                         {{"OUTBOXD_KAFKA_ROUTES", "[{type: A, topic: b}]"}}};
    BOOST_REQUIRE(variable.settings().kafka.routes.size() == 1u);
    BOOST_TEST(variable.settings().kafka.routes[0].topic == "b");

    BOOST_TEST(refuses(
        "kafka: {routes: [{type: A, topic: '{typ}'}]}\n",
        "kafka.routes: route 1: topic: '{typ}' has the unknown placeholder {typ}; did you mean {type}?"));
    BOOST_TEST(refuses("kafka: {routes: [{type: A, topik: b}]}\n",
                       "kafka.routes: record 1 has no field 'topik'; did you mean topic?"));
    BOOST_TEST(refuses("kafka: {routes: [{type: A, type: B}]}\n", "type is given twice"));
    BOOST_TEST(refuses("kafka: {routes: [{headers: a}]}\n", "headers: expected lines"));
    BOOST_TEST(refuses("kafka: {routes: [{topic: {a: b}}]}\n", "topic: expected one value"));
    BOOST_TEST(refuses("kafka: {routes: {topic: a}}\n", "expected a list of records"));
    BOOST_TEST(refuses("kafka: {routes: [[a]]}\n", "expected a list of records"));
}

BOOST_AUTO_TEST_CASE(an_empty_node_name_is_the_hosts) {
    daemon::Settings settings;
    BOOST_TEST(!daemon::nodeName(settings).empty());
    settings.node.name = "left";
    BOOST_TEST(daemon::nodeName(settings) == "left");
}

BOOST_AUTO_TEST_CASE(a_reload_takes_live_settings_over_and_names_the_rest) {
    testing::MemoryLogger logger;
    daemon::Configuration configuration{folder.write("o.yaml", "log: {level: info}\n"), {}};
    folder.write("o.yaml", "log: {level: debug}\nhttp: {port: 9090}\n");
    daemon::logReload(configuration.reload(), logger);
    BOOST_TEST((configuration.settings().log.level == core::LogLevel::debug));
    BOOST_TEST(configuration.settings().http.port == 8080);
    BOOST_TEST(logger.saw("setting_changed setting=log.level"));
    BOOST_TEST(logger.saw("setting_needs_restart setting=http.port"));
    BOOST_TEST(logger.saw("reloaded changed=1 need_restart=1"));
}

BOOST_AUTO_TEST_CASE(a_reload_with_a_mistake_changes_nothing) {
    testing::MemoryLogger logger;
    daemon::Configuration configuration{folder.write("o.yaml", "log: {level: info}\n"), {}};
    folder.write("o.yaml", "log: {level: debug}\nrelay: {renew_every: 9s}\n");
    daemon::logReload(configuration.reload(), logger);
    BOOST_TEST((configuration.settings().log.level == core::LogLevel::info));
    BOOST_TEST(logger.lines().front().starts_with("configuration_mistake where="));
    BOOST_TEST(logger.lines().back().starts_with("reload_refused mistakes=1"));
}

BOOST_AUTO_TEST_CASE(check_config_reports_and_shows) {
    std::ostringstream out;
    std::ostringstream errors;
    daemon::Options options;
    options.config = folder.write("o.yaml", "http: {prot: 1}\nlog: {level: loud}\n");
    BOOST_TEST((daemon::checkConfig(options, {}, out, errors) == daemon::ExitCode::configuration));
    BOOST_TEST(out.str() == "");
    BOOST_TEST(errors.str() == options.config.string() +
                                   ":1:8: http.prot: no setting has this name; did you mean http.port?\n" +
                                   options.config.string() +
                                   ":2:14: log.level: 'loud' is none of debug, info, warning, error\n"
                                   "outboxd: 2 mistakes in the configuration\n"
                                   "  next step: correct them, then outboxd check-config\n");
    options.config = folder.write("o.yaml", "http: {port: 9000}\n");
    BOOST_TEST((daemon::checkConfig(options, {}, out, errors) == daemon::ExitCode::ok));
    BOOST_TEST(out.str().ends_with("o.yaml: no mistakes\n"));
    options.print = daemon::Print::effective;
    BOOST_TEST((daemon::checkConfig(options, {{"OUTBOXD_LOG_LEVEL", "debug"}}, out, errors) ==
                daemon::ExitCode::ok));
    BOOST_TEST(out.str().find("# OUTBOXD_LOG_LEVEL\n") != std::string::npos);
    out.setstate(std::ios::failbit); // a full disk
    BOOST_TEST((daemon::checkConfig(options, {}, out, errors) == daemon::ExitCode::no_output));
}

BOOST_AUTO_TEST_SUITE_END()
