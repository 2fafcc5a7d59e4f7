package org.postern.remote;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.postern.config.RouteLogin;
import org.postern.config.SmtpRoute;

/**
 * Routes whose login fails: one alert for each, not one a message, and none is tried again for a minute, so that a queue
 * full of mail does not lock the account. A changed route, password or token file is tried at once.
 */
final class RouteHealth {
    private static final Duration REST = Duration.ofMinutes(1);

    private final InstantSource clock;
    private final Consumer<String> alerts;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<SmtpRoute, Failing> failing = new HashMap<>();

    private record Failing(String report, Instant since, long secrets) {}

    RouteHealth(InstantSource clock, Consumer<String> alerts) {
        this.clock = clock;
        this.alerts = alerts;
    }

    /**
     * What to report of a route that is left alone just now.
     *
     * @param asked when somebody asked for this try: a failure from before does not stand in its way
     */
    Optional<String> resting(SmtpRoute route, Instant asked) {
        lock.lock();
        try {
            Failing known = failing.get(route);
            if (known == null) {
                return Optional.empty();
            }
            boolean rests = clock.instant().isBefore(known.since.plus(REST))
                    && !known.since.isBefore(asked)
                    && known.secrets == changed(route);
            return rests ? Optional.of(known.report) : Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    void failed(SmtpRoute route, String report) {
        lock.lock();
        try {
            boolean first = failing.put(route, new Failing(report, clock.instant(), changed(route))) == null;
            if (first) {
                alerts.accept("alert: route " + shown(route) + ": unable to log in, its mail waits: "
                        + report.strip().replace("\n", " / "));
            }
        } finally {
            lock.unlock();
        }
    }

    void loggedIn(SmtpRoute route) {
        lock.lock();
        try {
            if (failing.remove(route) != null) {
                alerts.accept("route " + shown(route) + ": logged in again");
            }
        } finally {
            lock.unlock();
        }
    }

    private static String shown(SmtpRoute route) {
        return "\"" + route.domain() + "\" to " + route.host() + ":" + route.port()
                + route.login().map(login -> " as " + login.user()).orElse("");
    }

    /** When the files with the secrets were changed, as one number. */
    private static long changed(SmtpRoute route) {
        long sum = 0;
        for (Path file : route.login().map(RouteLogin::secretFiles).orElse(java.util.List.of())) {
            try {
                sum = sum * 31 + Files.getLastModifiedTime(file).toMillis();
            } catch (IOException e) {
                sum = sum * 31 + 1;
            }
        }
        return sum;
    }
}
