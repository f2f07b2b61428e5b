#!/usr/bin/python3
"""Every rule is shown a violation, so that a rule that finds nothing is known to be looking."""

import os
import tempfile
import unittest

import file_lengths
import include_directions
import no_sleeps
import sql_placement


class Rules(unittest.TestCase):
    def found(self, rule, **contents):
        """Violations in a project of the given files; '__' in a name is '/', a last '_' the dot."""
        with tempfile.TemporaryDirectory() as root:
            for name, content in contents.items():
                stem, _, ending = name.rpartition("_")
                path = os.path.join(root, stem.replace("__", "/") + "." + ending)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w", encoding="utf-8") as file:
                    file.write(content)
            return rule.check(root)

    def test_allowed_includes_are_accepted(self):
        self.assertEqual([], self.found(
            include_directions,
            daemon__main_cpp='#include "api/server.hpp"\n#include "scheduler/kafka/sink.hpp"\n#include <CLI/CLI.hpp>\n',
            commerce__mysql__store_cpp='#include "commerce/ports.hpp"\n#include "sql/points.hpp"\n#include <string>\n',
            api__handlers__orders_cpp='#include "api/router.hpp"\n#include "commerce/orders.hpp"\n',
            tests__unit__a_test_cpp='#include <librdkafka/rdkafka.h>\n#include "daemon/options.hpp"\n'))

    def test_commerce_and_scheduler_never_meet(self):
        self.assertEqual(["commerce/a.cpp:2: commerce may not include scheduler"], self.found(
            include_directions, commerce__a_cpp='#include <string>\n#include "scheduler/lease.hpp"\n'))
        self.assertEqual(["scheduler/mysql/a.cpp:1: scheduler/mysql may not include commerce/mysql"], self.found(
            include_directions, scheduler__mysql__a_cpp='#include "commerce/mysql/store.hpp"\n'))

    def test_a_platform_folder_includes_core_alone(self):
        self.assertEqual(["platform/log/a.hpp:1: platform/log may not include platform/config"], self.found(
            include_directions, platform__log__a_hpp='#  include "platform/config/schema.hpp"\n'))

    def test_nothing_includes_the_daemon_or_the_tests(self):
        self.assertEqual(2, len(self.found(
            include_directions, api__a_cpp='#include "daemon/settings.hpp"\n#include "tests/support/fake.hpp"\n')))
        self.assertEqual(1, len(self.found(include_directions, daemon__a_cpp='#include "tests/support/fake.hpp"\n')))

    def test_libraries_stay_in_their_folders(self):
        for header in ("Poco/Net/HTTPServer.h", "mysql.h", "mysql/mysql.h", "librdkafka/rdkafka.h", "hiredis/hiredis.h",
                       "mariadb/mysql.h", "yaml-cpp/yaml.h", "prometheus/counter.h", "CLI/CLI.hpp"):
            for folder in ("commerce", "scheduler", "api", "platform__core"):
                self.assertEqual(1, len(self.found(include_directions, **{folder + "__a_cpp": f"#include <{header}>\n"})),
                                 (header, folder))

    def test_paths_start_at_the_root(self):
        for path in ("lease.hpp", "../core/error.hpp", "./lease.hpp"):
            self.assertEqual(1, len(self.found(include_directions, scheduler__a_cpp=f'#include "{path}"\n')), path)

    def test_an_unknown_folder_needs_a_row(self):
        self.assertEqual(1, len(self.found(include_directions, platform__new__a_cpp="int a;\n")))
        self.assertEqual(1, len(self.found(include_directions, daemon__a_cpp='#include "platform/new/a.hpp"\n')))

    def test_generated_headers_count_as_the_folder_they_are_made_from(self):
        include = '#include "api_embedded/openapi.hpp"\n'
        self.assertEqual([], self.found(include_directions, api__a_cpp=include))
        self.assertEqual(["commerce/a.cpp:1: commerce may not include api"],
                         self.found(include_directions, commerce__a_cpp=include))

    def test_headers_do_not_include_each_other_in_a_circle(self):
        found = self.found(include_directions, commerce__a_hpp='#include "commerce/b.hpp"\n',
                           commerce__b_hpp='#include "commerce/c.hpp"\n', commerce__c_hpp='#include "commerce/a.hpp"\n')
        self.assertEqual(1, len(found))
        self.assertIn("commerce/a.hpp -> commerce/b.hpp -> commerce/c.hpp -> commerce/a.hpp", found[0])

    def test_the_table_itself_has_no_cycle(self):
        self.assertIsNone(include_directions.cycle_in(include_directions.ALLOWED))
        self.assertEqual(["a", "b", "a"], include_directions.cycle_in({"a": ["b"], "b": ["a"]}))

    def test_long_files_need_a_reason(self):
        self.assertEqual([], self.found(file_lengths, api__a_cpp="\n" * 400, api__a_hpp="\n" * 150))
        self.assertEqual(["api/a.cpp:401: 401 lines; 400 are allowed without a stated reason"],
                         self.found(file_lengths, api__a_cpp="\n" * 401))
        self.assertEqual(1, len(self.found(file_lengths, api__a_hpp="\n" * 151)))
        self.assertEqual(1, len(self.found(file_lengths, api__a_hpp="// length:\n" + "\n" * 151)))
        self.assertEqual([], self.found(file_lengths, api__a_hpp="// length: one table\n" + "\n" * 151))

    def test_tests_do_not_sleep(self):
        for call in ("std::this_thread::sleep_for(1s);", "usleep(1);", "sleep_until(t);", "nanosleep(&a, &b);"):
            self.assertEqual(1, len(self.found(no_sleeps, tests__unit__a_cpp="\n" + call)), call)
        self.assertEqual(["tests/daemon/a.py:1: tests do not sleep"],
                         self.found(no_sleeps, tests__daemon__a_py="time.sleep(1)"))
        self.assertEqual([], self.found(no_sleeps, tests__unit__a_cpp="clock.advance(1s);", api__a_cpp="usleep(1);"))

    def test_allowed_sleeps_need_a_reason_and_a_sleep(self):
        sleeping = "usleep(1);"
        self.assertEqual([], self.found(no_sleeps, tests__a_cpp=sleeping,
                                        tests__rules__sleeps_allowed_txt="tests/a.cpp: paces load\n"))
        self.assertEqual(1, len(self.found(no_sleeps, tests__a_cpp=sleeping,
                                           tests__rules__sleeps_allowed_txt="tests/a.cpp:\n")))
        self.assertEqual(1, len(self.found(no_sleeps, tests__rules__sleeps_allowed_txt="tests/a.cpp: gone\n")))

    def test_statements_stand_in_sql(self):
        for literal in ('"SELECT 1"', '" UPDATE a SET b"', '"INSERT INTO a"', '"DELETE FROM a"', r'"SELECT\n1"', 'R"(SELECT 1)"',
                        'R"sql(\n   SELECT 1)sql"', 'R"(\n\nWITH a AS (b) SELECT 1)"'):
            self.assertEqual(1, len(self.found(sql_placement, commerce__mysql__a_cpp=f"auto a = {literal};\n")), literal)
        self.assertEqual([], self.found(sql_placement, tests__a_cpp='"SELECT 1"', sql__a_hpp='"SELECT 1"',
                                        api__a_cpp='"select a product"; "SELECTED"; "DELETE"; // SELECT\n'))

    def test_excused_statements_need_a_reason_and_the_right_folder(self):
        self.assertEqual([], self.found(sql_placement, scheduler__mysql__a_cpp='// sql: a list of ids\n"DELETE FROM a";\n'))
        self.assertEqual(1, len(self.found(sql_placement, scheduler__mysql__a_cpp='// sql:\n"DELETE FROM a";\n')))
        self.assertEqual(1, len(self.found(
            sql_placement, scheduler__mysql__a_cpp='// sql: a list of ids\n"DELETE FROM a";\n\n"DELETE FROM b";\n')))
        self.assertEqual(1, len(self.found(sql_placement, commerce__mysql__a_cpp='// sql: because\n"DELETE FROM a";\n')))


if __name__ == "__main__":
    unittest.main()
