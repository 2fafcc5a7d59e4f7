package org.postern.remote;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.postern.config.RemoteSettings;
import org.postern.config.SmtpRoute;
import org.postern.dns.Addresses;
import org.postern.dns.MailExchangers;
import org.postern.dns.MailExchangers.MailExchanger;
import org.postern.mail.DeliveryResult;
import org.postern.mail.DeliveryResult.Bounced;
import org.postern.mail.DeliveryResult.Deferred;

class HopFinderTest {
    private static final String OURSELVES = "Sorry. Although I'm listed as a best-preference MX or A for that host,\n"
            + "it isn't in my control/locals file, so I don't treat it as local. (#5.4.6)\n";
    private static final String TROUBLE = "Sorry, I couldn't find any host by that name. (#4.1.2)\n";
    private static final Addresses DOWN = new Addresses.Temporary("down");

    private final TestingRemote dns = new TestingRemote();
    private RemoteSettings settings = RemoteSettings.of("me.example", List.of());

    private NextHops find(String domain, int seed) {
        return new HopFinder(dns, a -> a.equals(TestingRemote.ip("192.0.2.99")), new SplittableRandom(seed))
                .find(domain, settings.route(domain), settings.helohost());
    }

    private List<String> hosts(String domain) {
        return hosts(domain, 1);
    }

    private List<String> hosts(String domain, int seed) {
        NextHops found = find(domain, seed);
        assertThat(found).isInstanceOf(NextHops.Hosts.class);
        return ((NextHops.Hosts) found)
                .hosts().stream().map(HopFinderTest::text).toList();
    }

    private static String text(Hop hop) {
        return hop.shown() + ":" + hop.address().getPort();
    }

    private DeliveryResult nowhere(String domain) {
        NextHops found = find(domain, 1);
        assertThat(found).isInstanceOf(NextHops.Nowhere.class);
        return ((NextHops.Nowhere) found).result();
    }

    @Test
    void exchangersAreTriedByPreference() {
        dns.mx("d.example", new MailExchanger(10, "a"), new MailExchanger(20, "b"))
                .host("a", "192.0.2.1", "2001:db8::1")
                .host("b", "192.0.2.2");
        assertThat(hosts("d.example")).containsExactly("192.0.2.1:25", "2001:db8::1:25", "192.0.2.2:25");
    }

    @Test
    void thoseOfOnePreferenceComeInAnyOrder() {
        dns.mx("d.example", new MailExchanger(10, "a"), new MailExchanger(10, "b"), new MailExchanger(20, "c"))
                .host("a", "192.0.2.1")
                .host("b", "192.0.2.2")
                .host("c", "192.0.2.3");
        Set<String> firsts = new HashSet<>();
        IntStream.range(0, 50).forEach(seed -> {
            List<String> order = hosts("d.example", seed);
            firsts.add(order.getFirst());
            assertThat(order.getLast()).isEqualTo("192.0.2.3:25");
        });
        assertThat(firsts).containsExactlyInAnyOrder("192.0.2.1:25", "192.0.2.2:25");
    }

    @Test
    void aDomainWithoutMxIsItsOwnExchanger() {
        dns.mx("d.example", new MailExchangers.None()).host("d.example", "192.0.2.1");
        assertThat(hosts("d.example")).containsExactly("192.0.2.1:25");
        dns.mx("n.example", new MailExchangers.None()).host("n.example", new Addresses.None());
        assertThat(nowhere("n.example"))
                .isEqualTo(new Bounced("Sorry, I couldn't find a mail exchanger or IP address. (#5.4.4)\n"));
        dns.mx("t.example", new MailExchangers.None()).host("t.example", DOWN);
        assertThat(nowhere("t.example")).isEqualTo(new Deferred(TROUBLE));
    }

    @Test
    void noDomainNullMxAndTrouble() {
        assertThat(nowhere("nosuch.invalid"))
                .isEqualTo(new Bounced("Sorry, I couldn't find any host named nosuch.invalid. (#5.1.2)\n"));
        dns.mx("null.example", new MailExchangers.NullMx());
        assertThat(nowhere("null.example"))
                .isEqualTo(new Bounced("Sorry, null.example does not accept mail. (#5.1.10)\n"));
        dns.mx("down.example", new MailExchangers.Temporary("down"));
        assertThat(nowhere("down.example")).isEqualTo(new Deferred(TROUBLE));
        assertThat(nowhere("a b\u00e9"))
                .isEqualTo(new Bounced("Sorry, I couldn't find any host named a?b?. (#5.1.2)\n"));
    }

    @Test
    void anExchangerWithoutAddressIsPassedOver() {
        dns.mx("d.example", new MailExchanger(10, "gone"), new MailExchanger(20, "b"))
                .host("b", "192.0.2.2");
        assertThat(hosts("d.example")).containsExactly("192.0.2.2:25");
        dns.mx("e.example", new MailExchanger(10, "gone"), new MailExchanger(20, "down"))
                .host("down", DOWN);
        assertThat(nowhere("e.example")).isEqualTo(new Deferred(TROUBLE));
        dns.mx("f.example", new MailExchanger(10, "gone"));
        assertThat(nowhere("f.example")).isInstanceOf(Bounced.class);
    }

    @Test
    void onlyBetterPreferencesThanOurOwnAreTried() {
        dns.mx(
                        "d.example",
                        new MailExchanger(10, "a"),
                        new MailExchanger(20, "we"),
                        new MailExchanger(20, "b"),
                        new MailExchanger(30, "c"))
                .host("a", "192.0.2.1")
                .host("b", "192.0.2.2")
                .host("c", "192.0.2.3")
                .host("we", "192.0.2.99");
        for (int seed = 0; seed < 10; seed++) {
            assertThat(hosts("d.example", seed)).containsExactly("192.0.2.1:25");
        }
        dns.mx("e.example", new MailExchanger(10, "we"), new MailExchanger(20, "b"));
        assertThat(nowhere("e.example")).isEqualTo(new Bounced(OURSELVES));
        dns.mx("f.example", new MailExchanger(10, "down"), new MailExchanger(20, "we"))
                .host("down", DOWN);
        assertThat(nowhere("f.example")).isEqualTo(new Deferred(TROUBLE));
        dns.mx("g.example", new MailExchangers.None()).host("g.example", "192.0.2.99");
        assertThat(nowhere("g.example")).isEqualTo(new Bounced(OURSELVES));
    }

    @Test
    void addressLiterals() {
        assertThat(hosts("[192.0.2.1]")).containsExactly("192.0.2.1:25");
        assertThat(hosts("[IPv6:2001:db8::1]")).containsExactly("2001:db8::1:25");
        assertThat(nowhere("[192.0.2.99]")).isEqualTo(new Bounced(OURSELVES));
        assertThat(nowhere("[999.0.2.1]")).isInstanceOf(Bounced.class);
    }

    @Test
    void aRouteGoesBeforeTheDnsAndMayLeadToOurselves() {
        settings = RemoteSettings.of(
                "me.example",
                List.of(
                        new SmtpRoute("d.example", "192.0.2.99", 2525),
                        new SmtpRoute("n.example", "relay.example", 587),
                        new SmtpRoute("x.example", "nosuch.example", 25),
                        new SmtpRoute("y.example", "", 25)));
        dns.host("relay.example", "192.0.2.7", "2001:db8::7").host("y.example", "192.0.2.8");
        dns.mx("y.example", new MailExchangers.None());
        assertThat(hosts("d.example")).containsExactly("192.0.2.99:2525");
        assertThat(hosts("n.example")).containsExactly("192.0.2.7:587", "2001:db8::7:587");
        assertThat(nowhere("x.example"))
                .isEqualTo(new Bounced("Sorry, I couldn't find any host named nosuch.example. (#5.1.2)\n"));
        assertThat(hosts("y.example")).containsExactly("192.0.2.8:25");
    }

    @Test
    void aRouteToAnAddressAsksNoDns() {
        settings = RemoteSettings.of(
                "me.example",
                List.of(new SmtpRoute("", "192.0.2.7", 25), new SmtpRoute("six.example", "2001:db8::7", 587)));
        dns.host("192.0.2.7", "192.0.2.8").mx("192.0.2.7", new MailExchanger(1, "192.0.2.8"));
        dns.mx("any.example", new MailExchangers.Temporary("down"));
        assertThat(hosts("any.example")).containsExactly("192.0.2.7:25");
        assertThat(hosts("six.example")).containsExactly("2001:db8::7:587");
        assertThat(dns.asked).isZero();
    }

    @Test
    void ofManyExchangersSixteenAreLookedUp() {
        MailExchanger[] many = IntStream.range(0, 100)
                .mapToObj(i -> new MailExchanger(10, "h" + i))
                .toArray(MailExchanger[]::new);
        dns.mx("d.example", many);
        IntStream.range(0, 100).forEach(i -> dns.host("h" + i, "192.0.2." + i % 90));
        assertThat(hosts("d.example")).hasSize(16);
    }

    @Test
    void theSystemKnowsItsOwnAddresses() {
        OwnAddresses own = OwnAddresses.ofSystem();
        assertThat(own.isOwn(TestingRemote.ip("127.0.0.53"))).isTrue();
        assertThat(own.isOwn(TestingRemote.ip("::1"))).isTrue();
        assertThat(own.isOwn(TestingRemote.ip("0.0.0.0"))).isTrue();
        assertThat(own.isOwn(TestingRemote.ip("192.0.2.1"))).isFalse();
    }

    /** RFC 5321 §5.1: "any of the names or addresses by which it might be known"; behind NAT the address is another. */
    @Test
    void anExchangerOfOurNameIsOurselvesWhateverItsAddress() {
        dns.mx("best.example", new MailExchanger(10, "ME.example"), new MailExchanger(20, "b"))
                .mx("backup.example", new MailExchanger(10, "b"), new MailExchanger(20, "me.example"))
                .mx("me.example", new MailExchangers.None())
                .host("me.example", "192.0.2.1")
                .host("ME.example", DOWN)
                .host("b", "192.0.2.2");
        assertThat(nowhere("best.example")).isEqualTo(new Bounced(OURSELVES));
        assertThat(nowhere("me.example")).isEqualTo(new Bounced(OURSELVES));
        assertThat(hosts("backup.example")).containsExactly("192.0.2.2:25");
    }
}
