package org.postern.dns;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postern.dns.MailExchangers.MailExchanger;
import org.postern.tcp.IpAddress;
import org.xbill.DNS.Rcode;

class DnsResolverTest {
    private final TestingDns dns;
    private final Resolver resolver;

    DnsResolverTest() throws SocketException {
        dns = new TestingDns();
        resolver = dns.resolver();
    }

    @AfterEach
    void close() {
        dns.close();
    }

    private static IpAddress ip(String text) {
        return IpAddress.parse(text).orElseThrow();
    }

    @Test
    void anAddressHasAName() throws IOException {
        dns.with("7.2.0.192.in-addr.arpa.", "PTR", "client.example.com.");
        dns.with("1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.", "PTR", "six.example.");
        assertThat(resolver.nameOf(ip("192.0.2.7"))).contains("client.example.com");
        assertThat(resolver.nameOf(ip("2001:db8::1"))).contains("six.example");
        assertThat(resolver.nameOf(ip("192.0.2.8"))).isEmpty();
    }

    @Test
    void anAddressesNameIsInLowerCaseSoThatRulesMatchIt() throws IOException {
        dns.with("7.2.0.192.in-addr.arpa.", "PTR", "Spam.EXAMPLE.");
        assertThat(resolver.nameOf(ip("192.0.2.7"))).contains("spam.example");
    }

    /** The time-out here only ends a test that would hang for ever. */
    @Test
    @Timeout(60)
    void aServerThatIsSilentIsGivenUp() throws IOException {
        dns.silent("9.2.0.192.in-addr.arpa.");
        assertThat(new DnsResolver(dns.impatientSettings()).nameOf(ip("192.0.2.9")))
                .isEmpty();
    }

    @Test
    void ipv4StandsBeforeIpv6() throws IOException {
        dns.with("both.example.", "AAAA", "2001:db8::25").with("both.example.", "A", "192.0.2.25");
        assertThat(resolver.addresses("both.example"))
                .isEqualTo(new Addresses.Found(List.of(ip("192.0.2.25"), ip("2001:db8::25"))));
        assertThat(resolver.addressesOf("both.example")).hasSize(2);
    }

    @Test
    void anAliasIsFollowed() throws IOException {
        dns.with("alias.example.", "CNAME", "real.example.").with("real.example.", "A", "192.0.2.1");
        assertThat(resolver.addressesOf("alias.example")).containsExactly(ip("192.0.2.1"));
    }

    @Test
    void whatDoesNotExistIsToldFromWhatHasNoAddress() throws IOException {
        dns.with("text.example.", "TXT", "\"x\"");
        assertThat(resolver.addresses("nosuch.example")).isEqualTo(new Addresses.NoSuchDomain());
        assertThat(resolver.addresses("text.example")).isEqualTo(new Addresses.None());
        assertThat(resolver.addresses("not a name..")).isEqualTo(new Addresses.NoSuchDomain());
        assertThat(resolver.addresses("")).isEqualTo(new Addresses.NoSuchDomain());
        assertThat(resolver.addresses("back\\046slash")).isEqualTo(new Addresses.NoSuchDomain());
        assertThat(resolver.addressesOf("nosuch.example")).isEmpty();
    }

    @Test
    void troubleIsTemporary() throws IOException {
        dns.failing("servfail.example.", Rcode.SERVFAIL)
                .failing("refused.example.", Rcode.REFUSED)
                .silent("silent.example.");
        Resolver impatient = new DnsResolver(dns.impatientSettings());
        for (String name : List.of("servfail.example", "refused.example", "silent.example")) {
            assertThat(impatient.addresses(name)).as(name).isInstanceOf(Addresses.Temporary.class);
            assertThat(impatient.mailExchangers(name)).as(name).isInstanceOf(MailExchangers.Temporary.class);
        }
    }

    @Test
    void exchangersComeByPreference() throws IOException {
        dns.with("example.com.", "MX", "20 b.example.com.").with("example.com.", "MX", "10 a.example.com.");
        assertThat(resolver.mailExchangers("Example.COM"))
                .isEqualTo(new MailExchangers.Found(
                        List.of(new MailExchanger(10, "a.example.com"), new MailExchanger(20, "b.example.com"))));
    }

    @Test
    void noMxNullMxAndNoDomainAreThreeThings() throws IOException {
        dns.with("plain.example.", "A", "192.0.2.1").with("null.example.", "MX", "0 .");
        assertThat(resolver.mailExchangers("plain.example")).isEqualTo(new MailExchangers.None());
        assertThat(resolver.mailExchangers("null.example")).isEqualTo(new MailExchangers.NullMx());
        assertThat(resolver.mailExchangers("nosuch.example")).isEqualTo(new MailExchangers.NoSuchDomain());
    }

    @Test
    void localhostNeedsNoServer() {
        assertThat(resolver.addressesOf("localhost")).containsExactly(ip("127.0.0.1"), ip("::1"));
        assertThat(dns.asked()).isEmpty();
    }

    @Test
    void anAnswerIsKeptForItsTime() throws IOException {
        dns.with("kept.example.", "MX", "10 a.example.");
        resolver.mailExchangers("kept.example");
        resolver.mailExchangers("kept.example");
        assertThat(dns.asked()).containsExactly("kept.example. MX");
    }

    @Test
    void dnscacheipNamesTheServers() {
        assertThat(DnsSettings.ofDnsCacheIp("127.0.0.9").servers())
                .containsExactly(new java.net.InetSocketAddress("127.0.0.9", 53));
        assertThat(DnsSettings.ofDnsCacheIp("127.0.0.9 ::1").servers()).hasSize(2);
        assertThat(DnsSettings.ofDnsCacheIp("nonsense").servers()).isEmpty();
        assertThat(DnsSettings.ofDnsCacheIp("").servers()).isEmpty();
    }

    /** In a process of its own, since what a logging library has to say it says once. */
    @Test
    void nothingIsPrinted() throws IOException, InterruptedException {
        int port = dns.settings().servers().getFirst().getPort();
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Asker.class.getName(),
                        String.valueOf(port))
                .redirectErrorStream(true)
                .start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        assertThat(printed).isEmpty();
        assertThat(dns.asked()).contains("bad.example. MX");
    }

    static final class Asker {
        private Asker() {}

        public static void main(String[] args) {
            DnsSettings settings = new DnsSettings(
                    List.of(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[0]))),
                    Duration.ofSeconds(60),
                    1,
                    Duration.ofSeconds(90));
            new DnsResolver(settings).mailExchangers("bad.example");
            new DnsResolver(DnsSettings.ofSystem()).addresses("localhost");
        }
    }
}
