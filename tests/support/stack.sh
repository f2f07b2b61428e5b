# shellcheck shell=bash
# A private MariaDB, Redis and Kafka in one directory: started, stopped and killed by name. Sourced by `dev` and by
# `tests/support/stack`, so that a person and a test use the same servers.
#
# A stack is a directory DIR:
#   DIR/NAME.pid   "pid start-time boot" of the process NAME, so that a stale file never makes us stop a stranger
#   DIR/NAME.log   what it printed, appended over restarts
#   DIR/NAME.port  chosen at the first start and kept, so that a restarted server is found where it was
#   DIR/NAME/      its data
#   DIR/stack.env  the addresses, one VARIABLE=value a line
# Nothing outside DIR is touched, except for a socket in /tmp when DIR is too long a path for one.
# Functions return non-zero and explain themselves on stderr; they do not exit and need no particular shell options.

PATH="$PATH:/usr/sbin:/sbin"

STACK_ROOT="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)"
KAFKA_LIBS="${OUTBOXD_DEV_KAFKA_LIBS:-$STACK_ROOT/.dev/kafka/libs}"

complain() { printf '%s\n' "$*" >&2; }

# --- processes -------------------------------------------------------------------------------------------------

# The line that identifies a live process in a pid file. Fails if there is none, or only a zombie is left.
process_identity() { # PID
    local stat boot
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    # The name in field 2 may contain spaces: count from behind its closing bracket, where state is the first.
    local -a fields
    read -r -a fields <<<"${stat##*) }"
    [[ ${fields[0]} != Z && ${fields[0]} != X ]] || return 1
    boot=$(cat /proc/sys/kernel/random/boot_id)
    printf '%s %s %s\n' "$1" "${fields[19]}" "$boot"
}

# Prints the pid if DIR/NAME.pid names a process that still runs and is the one that we started.
process_pid() { # DIR NAME
    local line
    line=$(cat "$1/$2.pid" 2>/dev/null) && [[ -n $line ]] || return 1
    [[ $(process_identity "${line%% *}") == "$line" ]] || return 1
    printf '%s\n' "${line%% *}"
}

process_running() { process_pid "$1" "$2" >/dev/null; } # DIR NAME

# Starts COMMAND in a session of its own: a Ctrl-C at the terminal reaches only the script, which then stops things
# in order. Inherited descriptors are closed: a caller that waits for the end of a pipe or of a lock shall not wait
# for the server.
process_start() { # DIR NAME COMMAND...
    local dir=$1 name=$2 pid
    shift 2
    (
        local fd
        for fd in /proc/self/fd/*; do
            fd=${fd##*/}
            # 255 is where bash reads this script from.
            if ((fd > 2 && fd != 255)); then eval "exec $fd>&-"; fi
        done
        exec setsid "$@" </dev/null >>"$dir/$name.log" 2>&1
    ) &
    pid=$!
    disown "$pid"
    # If it has ended already there is no identity: the empty file reads as "not running".
    process_identity "$pid" >"$dir/$name.pid.new" || true
    mv "$dir/$name.pid.new" "$dir/$name.pid"
}

process_signal() { # DIR NAME SIGNAL
    local pid
    pid=$(process_pid "$1" "$2") && kill -s "$3" "$pid"
}

# Ends the process and returns when it is gone: asks first, and after SECONDS no longer asks.
process_stop() { # DIR NAME [SECONDS]
    local dir=$1 name=$2
    if process_signal "$dir" "$name" TERM 2>/dev/null; then
        # A stopped (SIGSTOP) process would not hear it.
        process_signal "$dir" "$name" CONT 2>/dev/null || true
        if ! wait_until "${3:-15}" process_gone "$dir" "$name"; then
            complain "$name does not end: killing it"
            process_kill "$dir" "$name"
        fi
    fi
    rm -f "$dir/$name.pid"
}

process_kill() { # DIR NAME
    process_signal "$1" "$2" KILL 2>/dev/null || true
    wait_until 10 process_gone "$1" "$2" || return 1
    rm -f "$1/$2.pid"
}

process_gone() { ! process_running "$1" "$2"; }

# Polls until COMMAND succeeds; fails after SECONDS.
wait_until() { # SECONDS COMMAND...
    local end=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000))
    shift
    until "$@"; do
        ((${EPOCHREALTIME/[.,]/} < end)) || return 1
        sleep 0.05
    done
}

gone_or() { process_gone "$1" "$2" || "${@:3}"; } # DIR NAME COMMAND...

# Waits for a server that was just started; shows the end of its log if it died or never answered.
wait_ready() { # DIR NAME SECONDS COMMAND...
    local dir=$1 name=$2 seconds=$3
    shift 3
    if wait_until "$seconds" gone_or "$dir" "$name" "$@" && process_running "$dir" "$name"; then return 0; fi
    if process_running "$dir" "$name"; then
        complain "$name does not answer after $seconds s; the end of $dir/$name.log:"
    else
        complain "$name ended at its start; the end of $dir/$name.log:"
    fi
    tail -n 15 "$dir/$name.log" >&2
    return 1
}

# --- ports -----------------------------------------------------------------------------------------------------

port_answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# The port of NAME: chosen free at the first call, the same one ever after. Below 32768, where no outgoing connection
# takes it away while its server is down.
port_of() { # DIR NAME
    local port
    if [[ ! -s $1/$2.port ]]; then
        mkdir -p "$1"
        while
            port=$((12000 + SRANDOM % 20000))
            port_answers "$port"
        do :; done
        printf '%s\n' "$port" >"$1/$2.port"
    fi
    cat "$1/$2.port"
}

# Forgets the ports of servers that do not run and that somebody else has taken meanwhile.
drop_taken_ports() { # DIR
    local file name
    for file in "$1"/*.port; do
        [[ -e $file ]] || continue
        name=${file##*/}
        name=${name%.port}
        # The ports of controller and TLS belong to the broker's process, a node's second one to the node's.
        case $name in kafka-controller | kafka-tls) name=kafka ;; *-admin) name=${name%-admin} ;; esac
        if ! process_running "$1" "$name" && port_answers "$(<"$file")"; then rm "$file"; fi
    done
}

# --- MariaDB ---------------------------------------------------------------------------------------------------

# A path for a Unix socket has at most 107 characters.
mariadb_socket() { # DIR
    local socket="$1/mariadb.sock"
    if ((${#socket} > 100)); then
        socket="/tmp/outboxd-$(id -u)-$(printf '%s' "$1" | sha1sum | cut -c1-16).sock"
    fi
    printf '%s\n' "$socket"
}

# The client as the server's root, over the socket. Ours only: it reads no option files.
mariadb_root() { # DIR ARGUMENT...
    local socket
    socket=$(mariadb_socket "$1")
    shift
    mariadb --no-defaults --socket="$socket" --user=root "$@"
}

mariadb_answers() { mariadb_root "$1" --connect-timeout=2 -e 'DO 0' >/dev/null 2>&1; }

mariadb_install() { # DIR
    local data="$1/mariadb" as=()
    [[ ! -d $data ]] || return 0
    ((EUID != 0)) || as=(--user=root)
    # Built beside and renamed, so that an interrupted installation is not taken for a database.
    rm -rf "$data.new"
    if ! mariadb-install-db --no-defaults "${as[@]}" --datadir="$data.new" --skip-test-db \
        --auth-root-authentication-method=normal >"$1/mariadb-install.log" 2>&1; then
        complain "mariadb-install-db failed:"
        tail -n 15 "$1/mariadb-install.log" >&2
        return 1
    fi
    mv "$data.new" "$data"
}

start_mariadb() { # DIR
    local dir=$1 as=()
    process_running "$dir" mariadb && return 0
    mariadb_install "$dir" || return 1
    ((EUID != 0)) || as=(--user=root)
    # As durable as in production: the binary log on, and everything flushed at each commit. Creating a trigger with
    # the binary log on needs either SUPER or log_bin_trust_function_creators (error 1419 otherwise), and the
    # outbox has one.
    process_start "$dir" mariadb mariadbd --no-defaults "${as[@]}" --datadir="$dir/mariadb" \
        --socket="$(mariadb_socket "$dir")" --port="$(port_of "$dir" mariadb)" --bind-address=127.0.0.1 \
        --skip-name-resolve --server-id=1 --log-bin=binlog --binlog-format=ROW --sync-binlog=1 \
        --innodb-flush-log-at-trx-commit=1 --log-bin-trust-function-creators=1 \
        --innodb-buffer-pool-size="${OUTBOXD_DEV_MARIADB_BUFFER_POOL:-256M}" --max-connections=500
    wait_ready "$dir" mariadb 60 mariadb_answers "$dir" && create_database_user "$dir"
}

# The tests make schemas and users of their own and kill connections, so theirs may do everything on this private server.
create_database_user() { # DIR
    local dir=$1 password host
    if [[ ! -s $dir/db-password ]]; then
        (
            umask 077
            tr -d - </proc/sys/kernel/random/uuid >"$dir/db-password"
        )
    fi
    password=$(cat "$dir/db-password")
    for host in localhost 127.0.0.1; do
        cat <<SQL
CREATE USER IF NOT EXISTS outboxd@'$host' IDENTIFIED BY '$password';
GRANT ALL ON *.* TO outboxd@'$host' WITH GRANT OPTION;
SQL
    done | mariadb_root "$dir"
}

stop_mariadb() { process_stop "$1" mariadb 60; }
kill_mariadb() { process_kill "$1" mariadb; }

# --- Redis -----------------------------------------------------------------------------------------------------

redis_answers() { [[ $(timeout 2 redis-cli -h 127.0.0.1 -p "$(port_of "$1" redis)" PING 2>/dev/null) == PONG ]]; }

# Nothing is written to disk: Redis holds only what can be computed again.
start_redis() { # DIR
    process_running "$1" redis && return 0
    mkdir -p "$1/redis"
    process_start "$1" redis redis-server --bind 127.0.0.1 --port "$(port_of "$1" redis)" --dir "$1/redis" \
        --save '' --appendonly no --daemonize no
    wait_ready "$1" redis 20 redis_answers "$1"
}

stop_redis() { process_stop "$1" redis; }
kill_redis() { process_kill "$1" redis; }

# --- Kafka -----------------------------------------------------------------------------------------------------

kafka_answers() { # DIR
    local port
    port=$(port_of "$1" kafka)
    port_answers "$port" && timeout 5 kcat -L -m 2 -b "127.0.0.1:$port" >/dev/null 2>&1
}

kafka_java() { # CLASS ARGUMENT...
    # The first compiler alone halves the start; set OUTBOXD_DEV_KAFKA_JVM='-Xmx1g' to measure throughput.
    local -a options
    read -r -a options <<<"${OUTBOXD_DEV_KAFKA_JVM:--Xmx384m -XX:TieredStopAtLevel=1}"
    printf '%s\n' java "${options[@]}" -XX:+UseSerialGC -Dorg.slf4j.simpleLogger.showDateTime=true \
        -Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS -cp "$KAFKA_LIBS/*" "$@"
}

# Broker and controller in one process (KRaft). The short session time-out is what a restart after kill -9 waits for.
write_kafka_properties() { # DIR
    local port controller
    port=$(port_of "$1" kafka)
    controller=$(port_of "$1" kafka-controller)
    cat >"$1/kafka.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$port
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs=$1/kafka
num.partitions=4
auto.create.topics.enable=${OUTBOXD_DEV_KAFKA_AUTO_CREATE:-true}
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
PROPERTIES
    if [[ -n ${OUTBOXD_DEV_KAFKA_TLS:-} ]]; then write_kafka_tls_properties "$1" >>"$1/kafka.properties"; fi
}

# One more listener, port kafka-tls: TLS with the key and certificate of the PEM file OUTBOXD_DEV_KAFKA_TLS, and a user with
# a password. What is set twice counts as set last.
write_kafka_tls_properties() { # DIR
    local port tls
    port=$(port_of "$1" kafka)
    tls=$(port_of "$1" kafka-tls)
    cat <<PROPERTIES
listeners=PLAINTEXT://127.0.0.1:$port,TLS://127.0.0.1:$tls,CONTROLLER://127.0.0.1:$(port_of "$1" kafka-controller)
advertised.listeners=PLAINTEXT://127.0.0.1:$port,TLS://127.0.0.1:$tls
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,TLS:SASL_SSL,CONTROLLER:PLAINTEXT
ssl.keystore.type=PEM
ssl.keystore.location=$OUTBOXD_DEV_KAFKA_TLS
sasl.enabled.mechanisms=PLAIN
listener.name.tls.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_outboxd="right-password";
PROPERTIES
}

start_kafka() { # DIR
    local dir=$1 id command
    process_running "$dir" kafka && return 0
    if [[ ! -e $KAFKA_LIBS/.complete ]]; then
        complain "the broker's jars are not in $KAFKA_LIBS: ./dev install fetches them"
        return 1
    fi
    mkdir -p "$dir"
    write_kafka_properties "$dir"
    if [[ ! -s $dir/kafka/meta.properties ]]; then
        rm -rf "$dir/kafka"
        id=$(head -c 16 /dev/urandom | base64 | tr '+/' 'ab' | tr -d '=')
        mapfile -t command < <(kafka_java kafka.tools.StorageTool format -t "$id" -c "$dir/kafka.properties")
        if ! "${command[@]}" >"$dir/kafka-format.log" 2>&1; then
            complain "formatting the broker's log failed:"
            tail -n 15 "$dir/kafka-format.log" >&2
            return 1
        fi
    fi
    mapfile -t command < <(kafka_java kafka.Kafka "$dir/kafka.properties")
    process_start "$dir" kafka "${command[@]}"
    wait_ready "$dir" kafka 90 kafka_answers "$dir"
}

stop_kafka() { process_stop "$1" kafka 30; }
kill_kafka() { process_kill "$1" kafka; }

# --- the whole stack -------------------------------------------------------------------------------------------

# One command at a time in a directory, until the calling process ends.
stack_lock() { # DIR
    mkdir -p "$1"
    exec 9>"$1/.lock"
    flock 9
}

write_stack_env() { # DIR
    cat >"$1/stack.env.new" <<ENV
OUTBOXD_TEST_STACK_DIR=$1
OUTBOXD_TEST_DB_HOST=127.0.0.1
OUTBOXD_TEST_DB_PORT=$(port_of "$1" mariadb)
OUTBOXD_TEST_DB_SOCKET=$(mariadb_socket "$1")
OUTBOXD_TEST_DB_USER=outboxd
OUTBOXD_TEST_DB_PASSWORD=$(cat "$1/db-password")
OUTBOXD_TEST_DB_PASSWORD_FILE=$1/db-password
OUTBOXD_TEST_REDIS=127.0.0.1:$(port_of "$1" redis)
OUTBOXD_TEST_KAFKA=127.0.0.1:$(port_of "$1" kafka)
ENV
    mv "$1/stack.env.new" "$1/stack.env"
}

# Starts what does not run yet. Kafka, the slowest, starts beside the others.
stack_up() { # DIR
    local dir=$1 kafka name
    mkdir -p "$dir"
    drop_taken_ports "$dir"
    for name in mariadb redis kafka kafka-controller; do port_of "$dir" "$name" >/dev/null; done
    start_kafka "$dir" &
    kafka=$!
    if ! { start_mariadb "$dir" && start_redis "$dir"; }; then
        wait "$kafka"
        return 1
    fi
    wait "$kafka" && write_stack_env "$dir"
}

# Stops everything that has a pid file in DIR, the daemons before the servers that they use.
stack_down() { # DIR
    local file name
    for file in "$1"/*.pid; do
        [[ -e $file ]] || continue
        name=${file##*/}
        name=${name%.pid}
        case $name in mariadb | redis | kafka | reaper) ;; *) process_stop "$1" "$name" 40 ;; esac
    done
    stop_kafka "$1" &
    stop_redis "$1"
    stop_mariadb "$1"
    wait $!
    # Last, and not if it is the one who calls.
    if [[ $(process_pid "$1" reaper) == "$BASHPID" ]]; then rm -f "$1/reaper.pid"; else process_kill "$1" reaper; fi
}

# Watches the process OWNER and stops the stack when it has ended, however it ended; also when DIR was deleted, by the
# pids that it remembers. Runs until then, or until `stack_down` or a new owner ends it.
stack_reap() { # DIR OWNER-IDENTITY
    local dir=$1 owner=$2 known=() now=() line
    while [[ -d $dir && $(process_identity "${owner%% *}") == "$owner" ]]; do
        mapfile -t now < <(cat "$dir"/*.pid 2>/dev/null)
        ((${#now[@]} == 0)) || known=("${now[@]}")
        sleep 1
    done
    if [[ -d $dir ]]; then
        stack_lock "$dir"
        stack_down "$dir"
        return
    fi
    for line in "${known[@]}"; do
        if [[ ${line%% *} != "$BASHPID" && $(process_identity "${line%% *}") == "$line" ]]; then
            kill -s KILL "${line%% *}"
        fi
    done
}

stack_own() { # DIR OWNER-PID
    local owner
    process_running "$1" reaper && process_kill "$1" reaper
    owner=$(process_identity "$2") || return 1
    process_start "$1" reaper "$STACK_ROOT/tests/support/stack" reap "$1" "$owner"
}
