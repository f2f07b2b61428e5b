/* Preloaded into a daemon under test, it makes some events deadly: whoever gives the client library a record whose value
 * contains POISON is killed on the spot, as by a defect in that library. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <librdkafka/rdkafka.h>
#include <signal.h>
#include <string.h>

static const char word[] = "POISON";

static void taste(const void *value, size_t size) {
    if (value != NULL && memmem(value, size, word, sizeof word - 1) != NULL) raise(SIGKILL);
}

rd_kafka_error_t *rd_kafka_produceva(rd_kafka_t *client, const rd_kafka_vu_t *fields, size_t count) {
    for (size_t i = 0; i < count; ++i) {
        if (fields[i].vtype == RD_KAFKA_VTYPE_VALUE) taste(fields[i].u.mem.ptr, fields[i].u.mem.size);
    }
    rd_kafka_error_t *(*real)(rd_kafka_t *, const rd_kafka_vu_t *, size_t) = dlsym(RTLD_NEXT, "rd_kafka_produceva");
    return real(client, fields, count);
}

int rd_kafka_produce(rd_kafka_topic_t *topic, int32_t partition, int flags, void *value, size_t size, const void *key,
                     size_t key_size, void *opaque) {
    taste(value, size);
    int (*real)(rd_kafka_topic_t *, int32_t, int, void *, size_t, const void *, size_t, void *) =
        dlsym(RTLD_NEXT, "rd_kafka_produce");
    return real(topic, partition, flags, value, size, key, key_size, opaque);
}

int rd_kafka_produce_batch(rd_kafka_topic_t *topic, int32_t partition, int flags, rd_kafka_message_t *messages,
                           int count) {
    for (int i = 0; i < count; ++i) taste(messages[i].payload, messages[i].len);
    int (*real)(rd_kafka_topic_t *, int32_t, int, rd_kafka_message_t *, int) =
        dlsym(RTLD_NEXT, "rd_kafka_produce_batch");
    return real(topic, partition, flags, messages, count);
}
