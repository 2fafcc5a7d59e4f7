package org.postern.remote;

import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.postern.config.RemoteSettings;
import org.postern.dns.AddressName;
import org.postern.dns.Addresses;
import org.postern.dns.MailExchangers;
import org.postern.dns.MailExchangers.MailExchanger;
import org.postern.dns.Resolver;
import org.postern.mail.DeliveryResult;
import org.postern.tcp.IpAddress;

/** A DNS that answers as told, and deliverers over it. */
final class TestingRemote implements Resolver {
    private final Map<String, MailExchangers> exchangers = new HashMap<>();
    private final Map<String, Addresses> addresses = new HashMap<>();

    /** How many look-ups there were. */
    int asked;

    static RemoteDeliverer deliverer(RemoteSettings settings) {
        return deliverer(settings, new TestingRemote());
    }

    static RemoteDeliverer deliverer(RemoteSettings settings, Resolver dns) {
        return new RemoteDeliverer(() -> settings, dns, a -> false, new Random(1), InstantSource.system());
    }

    TestingRemote mx(String domain, MailExchanger... found) {
        exchangers.put(domain, new MailExchangers.Found(List.of(found)));
        return this;
    }

    TestingRemote mx(String domain, MailExchangers answer) {
        exchangers.put(domain, answer);
        return this;
    }

    TestingRemote host(String name, String... found) {
        addresses.put(
                name,
                new Addresses.Found(
                        List.of(found).stream().map(TestingRemote::ip).toList()));
        return this;
    }

    TestingRemote host(String name, Addresses answer) {
        addresses.put(name, answer);
        return this;
    }

    static IpAddress ip(String text) {
        return IpAddress.parse(text).orElseThrow();
    }

    static String word(DeliveryResult result) {
        return switch (result) {
            case DeliveryResult.Delivered _ -> "success";
            case DeliveryResult.Deferred _ -> "deferral";
            case DeliveryResult.Bounced _ -> "failure";
        };
    }

    @Override
    public AddressName name(IpAddress address) {
        return new AddressName.None();
    }

    @Override
    public Addresses addresses(String name) {
        asked++;
        return addresses.getOrDefault(name, new Addresses.NoSuchDomain());
    }

    @Override
    public MailExchangers mailExchangers(String domain) {
        asked++;
        return exchangers.getOrDefault(domain, new MailExchangers.NoSuchDomain());
    }
}
