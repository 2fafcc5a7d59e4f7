package org.postern.dns;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.Cache;
import org.xbill.DNS.DClass;
import org.xbill.DNS.ExtendedResolver;
import org.xbill.DNS.Resolver;
import org.xbill.DNS.SimpleResolver;
import org.xbill.DNS.config.ResolvConfResolverConfigProvider;
import org.xbill.DNS.lookup.LookupSession;

/**
 * dnsjava's object for look-ups, made when it is first needed and made anew every ten minutes, so that a changed
 * /etc/resolv.conf is noticed (the clients of djbdns re-read it as often). Answers are cached for their time to live.
 */
final class Sessions {
    private static final Duration LIFE = Duration.ofMinutes(10);
    private static final int CACHE_ENTRIES = 10_000;
    private static final int DNS_PORT = 53;

    private final DnsSettings settings;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable LookupSession session;
    private long madeAtNanos;

    Sessions(DnsSettings settings) {
        this.settings = settings;
    }

    LookupSession current() {
        lock.lock();
        try {
            LookupSession known = session;
            if (known == null || System.nanoTime() - madeAtNanos > LIFE.toNanos()) {
                known = make();
                session = known;
                madeAtNanos = System.nanoTime();
            }
            return known;
        } finally {
            lock.unlock();
        }
    }

    private LookupSession make() {
        List<Resolver> resolvers = new ArrayList<>();
        for (InetSocketAddress server : settings.servers().isEmpty() ? ofSystem() : settings.servers()) {
            SimpleResolver resolver = new SimpleResolver(server);
            resolver.setTimeout(settings.timeout());
            resolvers.add(resolver);
        }
        ExtendedResolver all = new ExtendedResolver(resolvers);
        all.setRetries(settings.tries());
        all.setTimeout(settings.limit());
        Cache cache = new Cache(DClass.IN);
        cache.setMaxEntries(CACHE_ENTRIES);
        // No search list, no hosts file: names are whole, and the DNS alone answers.
        return LookupSession.builder().resolver(all).cache(cache).build();
    }

    private static List<InetSocketAddress> ofSystem() {
        ResolvConfResolverConfigProvider file = new ResolvConfResolverConfigProvider();
        file.initialize();
        List<InetSocketAddress> servers = file.servers();
        return servers.isEmpty() ? List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), DNS_PORT)) : servers;
    }
}
