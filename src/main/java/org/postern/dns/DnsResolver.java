package org.postern.dns;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.postern.dns.MailExchangers.MailExchanger;
import org.postern.os.Octets;
import org.postern.tcp.IpAddress;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.MXRecord;
import org.xbill.DNS.Name;
import org.xbill.DNS.PTRRecord;
import org.xbill.DNS.Record;
import org.xbill.DNS.ReverseMap;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;
import org.xbill.DNS.lookup.LookupSession;
import org.xbill.DNS.lookup.NoSuchDomainException;
import org.xbill.DNS.lookup.NoSuchRRSetException;

/**
 * The DNS by dnsjava. The DNS alone answers: /etc/hosts and search lists do not count, as for the originals (ADR 0030);
 * only {@code localhost} is known without it (RFC 6761 §6.3).
 */
public final class DnsResolver implements Resolver {
    private final DnsSettings settings;
    private final Sessions sessions;

    /** Costs nothing: dnsjava is touched by the first look-up. */
    public DnsResolver(DnsSettings settings) {
        this.settings = settings;
        this.sessions = new Sessions(settings);
    }

    @Override
    public AddressName name(IpAddress address) {
        return switch (ask(ReverseMap.fromAddress(address.inet()), Type.PTR)) {
            case Answer.Records found ->
                found.of(PTRRecord.class).stream()
                        .findFirst()
                        // As dns_domain_todot: tcpserver's rules compare octets, and =.spam.example denies.
                        .map(ptr -> Octets.lowerCase(text(ptr.getTarget())))
                        .filter(name -> !name.isEmpty())
                        .<AddressName>map(AddressName.Found::new)
                        .orElseGet(AddressName.None::new);
            case Answer.None _, Answer.NoSuchDomain _ -> new AddressName.None();
            case Answer.Temporary _ -> new AddressName.Temporary();
        };
    }

    @Override
    public Addresses addresses(String name) {
        if (isLocalhost(name)) {
            return new Addresses.Found(LOOPBACK);
        }
        Name absolute = absolute(name);
        if (absolute == null) {
            return new Addresses.NoSuchDomain();
        }
        Answer v4 = ask(absolute, Type.A);
        return switch (v4) {
            case Answer.NoSuchDomain _ -> new Addresses.NoSuchDomain();
            case Answer.Records _, Answer.None _, Answer.Temporary _ -> together(v4, ask(absolute, Type.AAAA));
        };
    }

    private static Addresses together(Answer v4, Answer v6) {
        List<IpAddress> found = new ArrayList<>();
        for (Answer answer : List.of(v4, v6)) {
            if (answer instanceof Answer.Records records) {
                records.of(ARecord.class).forEach(a -> found.add(IpAddress.of(a.getAddress())));
                records.of(AAAARecord.class).forEach(a -> found.add(IpAddress.of(a.getAddress())));
            }
        }
        if (!found.isEmpty()) {
            return new Addresses.Found(found.stream().distinct().toList());
        }
        for (Answer answer : List.of(v4, v6)) {
            if (answer instanceof Answer.Temporary t) {
                return new Addresses.Temporary(t.reason());
            }
        }
        return new Addresses.None();
    }

    @Override
    public MailExchangers mailExchangers(String domain) {
        if (isLocalhost(domain)) {
            return new MailExchangers.None();
        }
        Name absolute = absolute(domain);
        if (absolute == null) {
            return new MailExchangers.NoSuchDomain();
        }
        return switch (ask(absolute, Type.MX)) {
            case Answer.Records found -> exchangers(found.of(MXRecord.class));
            case Answer.None _ -> new MailExchangers.None();
            case Answer.NoSuchDomain _ -> new MailExchangers.NoSuchDomain();
            case Answer.Temporary t -> new MailExchangers.Temporary(t.reason());
        };
    }

    private static MailExchangers exchangers(List<MXRecord> records) {
        List<MailExchanger> exchangers = records.stream()
                .filter(mx -> !mx.getTarget().equals(Name.root))
                .map(mx -> new MailExchanger(mx.getPriority(), text(mx.getTarget())))
                .sorted(Comparator.comparingInt(MailExchanger::preference))
                .toList();
        if (!exchangers.isEmpty()) {
            return new MailExchangers.Found(exchangers);
        }
        // RFC 7505 §3: the only record, and its exchange is the root.
        return records.isEmpty() ? new MailExchangers.None() : new MailExchangers.NullMx();
    }

    private static final List<IpAddress> LOOPBACK = List.of(
            IpAddress.parse("127.0.0.1").orElseThrow(), IpAddress.parse("::1").orElseThrow());

    private static boolean isLocalhost(String name) {
        String lower = Octets.lowerCase(name);
        return lower.equals("localhost") || lower.endsWith(".localhost");
    }

    /** A name as the DNS has it; null for what is none. A backslash would be dnsjava's escape. */
    private static @Nullable Name absolute(String name) {
        if (name.isEmpty() || name.indexOf('\\') >= 0) {
            return null;
        }
        try {
            // In lower case: compressed answers repeat the name as it was asked.
            Name parsed = Name.fromString(Octets.lowerCase(name), Name.root);
            return parsed.equals(Name.root) ? null : parsed;
        } catch (TextParseException e) {
            return null;
        }
    }

    private static String text(Name name) {
        return name.equals(Name.root) ? "" : name.toString(true);
    }

    private Answer ask(Name name, int type) {
        LookupSession session = sessions.current();
        try {
            List<Record> records = session.lookupAsync(name, type)
                    .toCompletableFuture()
                    .get(settings.limit().toMillis(), TimeUnit.MILLISECONDS)
                    .getRecords();
            return records.isEmpty() ? new Answer.None() : new Answer.Records(records);
        } catch (ExecutionException e) {
            return switch (e.getCause()) {
                case NoSuchDomainException _ -> new Answer.NoSuchDomain();
                case NoSuchRRSetException _ -> new Answer.None();
                case null, default -> new Answer.Temporary(String.valueOf(e.getCause()));
            };
        } catch (TimeoutException e) {
            return new Answer.Temporary("no answer within " + settings.limit().toSeconds() + " s");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Answer.Temporary("interrupted");
        }
    }

    /** What the DNS said. */
    private sealed interface Answer {
        record Records(List<Record> records) implements Answer {
            <R extends Record> List<R> of(Class<R> type) {
                return records.stream().filter(type::isInstance).map(type::cast).toList();
            }
        }

        record None() implements Answer {}

        record NoSuchDomain() implements Answer {}

        record Temporary(String reason) implements Answer {}
    }
}
