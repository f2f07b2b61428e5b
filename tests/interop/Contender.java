// A node of a Java program that uses ShedLock as its documentation says: the JdbcTemplate provider with database time. Told what
// to do a line at a time; the verbs are those of contender.cpp, and it signs in and out as presence.hpp does.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import net.javacrumbs.shedlock.core.DefaultLockingTaskExecutor;
import net.javacrumbs.shedlock.core.LockConfiguration;
import net.javacrumbs.shedlock.core.LockProvider;
import net.javacrumbs.shedlock.core.LockingTaskExecutor;
import net.javacrumbs.shedlock.core.LockingTaskExecutor.TaskWithResult;
import net.javacrumbs.shedlock.core.SimpleLock;
import net.javacrumbs.shedlock.provider.jdbctemplate.JdbcTemplateLockProvider;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

public class Contender {
    private static final Duration AT_MOST = Duration.ofMinutes(1);

    private record Visit(String lock, long id, long before) {}

    private final JdbcTemplate database;
    private final LockProvider locks;
    private final LockingTaskExecutor executor;
    private SimpleLock held;
    private Visit visit;

    private Contender(JdbcTemplate database) {
        this.database = database;
        locks = new JdbcTemplateLockProvider(JdbcTemplateLockProvider.Configuration.builder()
                .withJdbcTemplate(database).usingDbTime().build());
        executor = new DefaultLockingTaskExecutor(locks);
    }

    private static LockConfiguration lockFor(String name, Duration atMost, Duration atLeast) {
        return new LockConfiguration(Instant.now(), name, atMost, atLeast);
    }

    private long turnsHad(String lock) {
        return database.queryForObject("SELECT had FROM turns WHERE lock_name = ?", Long.class, lock);
    }

    private Visit enter(String lock, long before, long atLeast) {
        database.update("INSERT INTO presence (lock_name, kind, holder, at_least, locked_at, lock_until, entered_at) "
                + "SELECT name, 'JAVA', locked_by, ?, locked_at, lock_until, UTC_TIMESTAMP(6) FROM shedlock WHERE name = ?",
                atLeast, lock);
        return new Visit(lock, database.queryForObject("SELECT LAST_INSERT_ID()", Long.class), before);
    }

    private void leave(Visit visit) {
        database.update("UPDATE turns SET had = ? WHERE lock_name = ?", visit.before() + 1, visit.lock());
        database.update("UPDATE presence SET left_at = UTC_TIMESTAMP(6) WHERE id = ?", visit.id());
    }

    /** False if all turns were had. */
    private boolean turn(String lock, long goal, long atLeast) {
        long before = turnsHad(lock);
        if (before >= goal) return false;
        leave(enter(lock, before, atLeast));
        return true;
    }

    private String contend(String lock, long goal) throws Throwable {
        long own = 0;
        long refused = 0;
        while (true) {
            long atLeast = ThreadLocalRandom.current().nextLong(3);
            TaskWithResult<Boolean> turn = () -> turn(lock, goal, atLeast);
            var result = executor.executeWithLock(turn, lockFor(lock, AT_MOST, Duration.ofMillis(atLeast)));
            if (!result.wasExecuted()) {
                refused++;
            } else if (result.getResult()) {
                own++;
            } else {
                return own + " " + refused;
            }
        }
    }

    private String take(String lock, long atMost, long atLeast) {
        Optional<SimpleLock> taken = locks.lock(lockFor(lock, Duration.ofMillis(atMost), Duration.ofMillis(atLeast)));
        if (taken.isEmpty()) return "refused";
        held = taken.get();
        visit = enter(lock, turnsHad(lock), atLeast);
        return "taken";
    }

    private String release() {
        leave(visit);
        held.unlock();
        return "released";
    }

    private String intrude(String lock) {
        leave(enter(lock, turnsHad(lock), 0));
        return "intruded";
    }

    private String obey(String[] words) throws Throwable {
        return switch (words[0]) {
            case "contend" -> contend(words[1], Long.parseLong(words[2]));
            case "take" -> take(words[1], Long.parseLong(words[2]), Long.parseLong(words[3]));
            case "release" -> release();
            case "intrude" -> intrude(words[1]);
            default -> "what?";
        };
    }

    /** HOST PORT USER PASSWORD-FILE SCHEMA TIME-ZONE: that of its database session. */
    public static void main(String[] words) throws Throwable {
        var url = "jdbc:mariadb://" + words[0] + ":" + words[1] + "/" + words[4];
        var database = new JdbcTemplate(
                new SingleConnectionDataSource(url, words[2], Files.readString(Path.of(words[3])).strip(), true));
        database.execute("SET SESSION time_zone = '" + words[5] + "'");
        var contender = new Contender(database);
        var orders = new BufferedReader(new InputStreamReader(System.in));
        for (String line = orders.readLine(); line != null; line = orders.readLine()) {
            System.out.println(contender.obey(line.split(" ")));
        }
    }
}
