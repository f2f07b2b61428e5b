// A child process that is told what to do, a line at a time, and answers each with a line.
#pragma once

#include <sys/wait.h>

#include <array>
#include <csignal>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

namespace outboxd::testing {

class DrivenProcess {
public:
    explicit DrivenProcess(const std::vector<std::string>& command) {
        std::array<int, 2> in{}, out{};
        if (::pipe(in.data()) != 0 || ::pipe(out.data()) != 0) throw std::runtime_error("no pipes");
        std::vector<char*> words;
        for (const auto& word : command) words.push_back(const_cast<char*>(word.c_str()));
        words.push_back(nullptr);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::dup2(in[0], STDIN_FILENO);
            ::dup2(out[1], STDOUT_FILENO);
            for (const int fd : {in[0], in[1], out[0], out[1]}) ::close(fd);
            ::execv(words[0], words.data());
            ::_exit(127);
        }
        ::close(in[0]);
        ::close(out[1]);
        to_ = in[1];
        from_ = out[0];
        if (pid_ < 0) throw std::runtime_error("no child process");
    }
    ~DrivenProcess() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        ::close(to_);
        ::close(from_);
    }
    DrivenProcess(const DrivenProcess&) = delete;
    DrivenProcess& operator=(const DrivenProcess&) = delete;

    // Its answer; throws if it ended instead.
    std::string ask(const std::string& line) const {
        const auto text = line + "\n";
        if (::write(to_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
            throw std::runtime_error("the child process does not listen");
        std::string answer;
        for (char c = 0; c != '\n';) {
            if (::read(from_, &c, 1) != 1) throw std::runtime_error("the child process has ended");
            if (c != '\n') answer += c;
        }
        return answer;
    }
    // Returns when a stop has taken effect.
    void signal(int number) const {
        ::kill(pid_, number);
        if (number == SIGSTOP) ::waitpid(pid_, nullptr, WUNTRACED);
    }

private:
    pid_t pid_ = -1;
    int to_ = -1, from_ = -1;
};

} // namespace outboxd::testing
