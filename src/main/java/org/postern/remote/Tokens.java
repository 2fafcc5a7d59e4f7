package org.postern.remote;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.postern.config.RouteLogin;

/** The access tokens of the routes: kept in memory, renewed before they end, fetched by one delivery at a time. */
final class Tokens {
    /** So long before its end a token is no longer used. */
    private static final Duration MARGIN = Duration.ofMinutes(2);

    private final TokenEndpoint endpoint;
    private final InstantSource clock;
    private final Map<RouteLogin.Token, Kept> all = new ConcurrentHashMap<>();

    /** Where tokens come from. */
    @FunctionalInterface
    interface TokenEndpoint {
        Given fetch(RouteLogin.Token login) throws IOException;
    }

    /**
     * A token.
     *
     * @param lifetime how long it is good
     */
    record Given(String token, Duration lifetime) {}

    private static final class Kept {
        final ReentrantLock lock = new ReentrantLock();

        @Nullable
        String token;

        Instant end = Instant.MIN;
        /** The latest fetch that failed. */
        volatile @Nullable IOException failure;
    }

    Tokens(TokenEndpoint endpoint, InstantSource clock) {
        this.endpoint = endpoint;
        this.clock = clock;
    }

    /** @throws IOException where none is to be had; the message says why, without a secret */
    String token(RouteLogin.Token login) throws IOException {
        return token(login, Optional.empty());
    }

    /** Another one than that which was refused: perhaps a delivery beside this one has it already. */
    String another(RouteLogin.Token login, String refused) throws IOException {
        return token(login, Optional.of(refused));
    }

    private String token(RouteLogin.Token login, Optional<String> refused) throws IOException {
        Kept kept = all.computeIfAbsent(login, _ -> new Kept());
        IOException before = kept.failure;
        kept.lock.lock();
        try {
            IOException failure = kept.failure;
            if (failure != null && failure != before) {
                // It failed while this one waited: a slow endpoint is not waited for once a message.
                throw new IOException(failure.getMessage(), failure);
            }
            String known = kept.token;
            if (known != null
                    && !known.equals(refused.orElse(""))
                    && clock.instant().isBefore(kept.end)) {
                return known;
            }
            kept.token = null;
            Given given = endpoint.fetch(login);
            // Of a short one half its time.
            Duration margin = given.lifetime.dividedBy(2).compareTo(MARGIN) < 0 ? given.lifetime.dividedBy(2) : MARGIN;
            kept.end = clock.instant().plus(given.lifetime).minus(margin);
            kept.token = given.token;
            return given.token;
        } catch (IOException e) {
            kept.failure = e;
            throw e;
        } finally {
            kept.lock.unlock();
        }
    }
}
