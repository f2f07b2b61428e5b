// What operators see of jobs and order of them, in the tables job_control and job_run.
#pragma once

#include "platform/database/database.hpp"
#include "scheduler/job_desk.hpp"

namespace outboxd::scheduler::mysql {

class MysqlJobDesk final : public JobDesk {
public:
    explicit MysqlJobDesk(database::Database& database) : database_(database) {}

    JobList jobs() override;
    std::variant<JobDetails, JobUnknown> job(const std::string& name) override;
    std::variant<DeskList<JobRunDetails>, JobUnknown> history(const std::string& name,
                                                              const std::optional<std::string>& outcome,
                                                              const DeskPage& page) override;

    JobAnswer pause(const std::string& name, const OrderTerms& terms) override;
    JobAnswer resume(const std::string& name, const OrderTerms& terms) override;
    JobAnswer runNow(const std::string& name, const OrderTerms& terms) override;
    std::optional<OrderedRun> ordered(const std::string& name, std::int64_t order) override;

private:
    database::Database& database_;
};

} // namespace outboxd::scheduler::mysql
