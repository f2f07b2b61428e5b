// Pauses, pins and changes of topics in the tables outbox_pause, topic_layout and topic_change.
#pragma once

#include "scheduler/mysql/outbox_desk.hpp"
#include "scheduler/topic_desk.hpp"

namespace outboxd::scheduler::mysql {

class MysqlTopicDesk final : public TopicDesk {
public:
    MysqlTopicDesk(database::Database& database, TopicOf topicOf)
        : database_(database), topicOf_(std::move(topicOf)) {}

    std::vector<TopicView> topics() override;
    std::vector<std::string> pausedBy(const std::string& actor) override;
    TopicAnswer pause(const std::string& topic, const OrderTerms& terms) override;
    TopicAnswer resume(const std::string& topic, const OrderTerms& terms) override;
    TopicAnswer repartition(const Repartition& order) override;
    std::vector<TopicChange> open() override;
    bool advance(const Term& term, const TopicChange& change, TopicChange::Phase next) override;
    void note(const Term& term, const TopicChange& change,
              const std::optional<std::string>& trouble) override;

private:
    database::Database& database_;
    const TopicOf topicOf_;
};

} // namespace outboxd::scheduler::mysql
