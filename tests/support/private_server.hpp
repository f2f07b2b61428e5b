// A Kafka or Redis of one test program alone, which it may stall and kill. Driven through
// tests/support/stack.
#pragma once

#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>

#ifndef OUTBOXD_SOURCE_DIR
#error "the test needs the definition OUTBOXD_SOURCE_DIR"
#endif

namespace outboxd::testing {

class PrivateServer {
public:
    // `kind`: kafka or redis. Returns when the server answers.
    explicit PrivateServer(std::string kind) : kind_(std::move(kind)) {
        std::string folder = "/tmp/outboxd-" + kind_ + "-XXXXXX";
        if (::mkdtemp(folder.data()) == nullptr) throw std::runtime_error("no temporary folder");
        folder_ = folder;
        if (run("start-" + kind_ + " --owned")) return; // ends with this program, however that ends
        cleanUp();
        throw std::runtime_error("a private " + kind_ + " does not start");
    }
    ~PrivateServer() { cleanUp(); }
    PrivateServer(const PrivateServer&) = delete;
    PrivateServer& operator=(const PrivateServer&) = delete;

    void start() { must("start-" + kind_); }
    void kill() { must("kill-" + kind_); }
    void stall() { must("pause-" + kind_); }
    void goOn() { must("resume-" + kind_); }

    // "127.0.0.1:port"; stays the same over restarts.
    std::string address() const { return address(kind_); }
    // Of a further port that it listens on, by its name in tests/support/stack.sh.
    std::string address(const std::string& name) const {
        std::string port;
        std::ifstream(folder_ + "/" + name + ".port") >> port;
        return "127.0.0.1:" + port;
    }

private:
    void cleanUp() const {
        run("down");
        (void)std::system(("rm -rf " + folder_).c_str()); // NOLINT: the folder's name is ours
    }
    bool run(const std::string& verb) const {
        // exec: the script's parent, which owns the server, is this program and not a shell.
        const auto command =
            "exec " + std::string(OUTBOXD_SOURCE_DIR) + "/tests/support/stack " + verb + " " + folder_;
        return std::system(command.c_str()) == 0; // NOLINT: only our own words in it
    }
    void must(const std::string& verb) const {
        if (!run(verb)) throw std::runtime_error("tests/support/stack " + verb + " failed");
    }

    const std::string kind_;
    std::string folder_;
};

} // namespace outboxd::testing
