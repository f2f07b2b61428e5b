// What people read about the settings is what the program says about them.
#include "daemon/settings.hpp"
#include "platform/config/reference.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <iterator>

using namespace outboxd;

namespace {

std::string committed(const char* path) {
    std::ifstream file{std::string{OUTBOXD_SOURCE_DIR} + "/" + path};
    BOOST_REQUIRE_MESSAGE(file, path << " is missing");
    return {std::istreambuf_iterator<char>{file}, {}};
}

} // namespace

BOOST_AUTO_TEST_SUITE(generated_settings_suite)

BOOST_AUTO_TEST_CASE(the_reference_of_settings_is_as_generated) {
    daemon::Settings settings;
    BOOST_CHECK_MESSAGE(committed("docs/settings.md") == config::settingsMarkdown(daemon::describe(settings)),
                        "run: outboxd check-config --print-settings-md > docs/settings.md");
}

BOOST_AUTO_TEST_CASE(the_example_configuration_is_as_generated) {
    daemon::Settings settings;
    BOOST_CHECK_MESSAGE(committed("etc/outboxd.yaml") == config::exampleYaml(daemon::describe(settings)),
                        "run: outboxd check-config --print-yaml > etc/outboxd.yaml");
}

BOOST_AUTO_TEST_SUITE_END()
