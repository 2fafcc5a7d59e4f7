package org.postern.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.postern.config.DkimKey;
import org.postern.config.DkimKeys;
import org.postern.config.RemoteSettings;
import org.postern.config.SmtpRoute;
import org.postern.config.SmtpTimeouts;
import org.postern.dkim.TestingKey;
import org.postern.mail.Action;
import org.postern.mail.Delivery;
import org.postern.mail.DeliveryResult;
import org.postern.mail.DeliveryResult.Bounced;
import org.postern.mail.DeliveryResult.Deferred;
import org.postern.mail.DeliveryResult.Delivered;
import org.postern.mail.DsnMail;
import org.postern.mail.DsnRcpt;
import org.postern.mail.MessageSource;
import org.postern.mail.Notify;
import org.postern.mail.Provenance;
import org.postern.mail.TestingMessage;

class RemoteDelivererTest {
    private static final TestingMessage MESSAGE = new TestingMessage("Subject: t\n\nbody\n");

    private static final DkimKey.Usable KEY = TestingKey.of("example.com", "s");

    private static RemoteSettings through(int port) {
        return new RemoteSettings(
                "me.example",
                List.of(new SmtpRoute("", "127.0.0.1", port)),
                Duration.ofSeconds(5),
                SmtpTimeouts.all(Duration.ofMillis(500)));
    }

    private static DeliveryResult deliver(TestingSmtpServer server, String sender, MessageSource message) {
        return TestingRemote.deliverer(through(server.port()))
                .deliver(new Delivery("1", sender, "x@sink.test", message));
    }

    private static DeliveryResult answering(Map<String, String> answers) throws IOException {
        try (TestingSmtpServer server = TestingSmtpServer.answering(answers)) {
            return deliver(server, "a@b", MESSAGE);
        }
    }

    private static List<String> commands(Map<String, String> answers, String sender, MessageSource message)
            throws IOException {
        try (TestingSmtpServer server = TestingSmtpServer.answering(answers)) {
            assertThat(deliver(server, sender, message)).isInstanceOf(Delivered.class);
            await().until(() -> server.sessions().getFirst().contains("QUIT\r\n"));
            return server.sessions().getFirst();
        }
    }

    @Test
    void whatEhloOffersIsUsed() throws IOException {
        Map<String, String> offers = Map.of("EHLO", "250-sink\r\n250-size 1000\r\n250-XSIZE\r\n250 8BITMIME\r\n");
        assertThat(commands(offers, "a@b", MESSAGE))
                .startsWith("EHLO me.example\r\n", "MAIL FROM:<a@b> SIZE=20\r\n")
                .doesNotContain("HELO me.example\r\n");
        assertThat(commands(offers, "a@b", new TestingMessage("\n\u00e9\n.\n")))
                .contains("MAIL FROM:<a@b> SIZE=8 BODY=8BITMIME\r\n", "..\r\n", "\u00e9\r\n");
        assertThat(commands(Map.of("EHLO", "250 only SIZE\r\n"), "a@b", MESSAGE))
                .contains("MAIL FROM:<a@b>\r\n");
        assertThat(commands(Map.of("HELO", "250-hi\r\n250 SIZE\r\n"), "a@b", MESSAGE))
                .contains("HELO me.example\r\n", "MAIL FROM:<a@b>\r\n");
    }

    /** RFC 3461 §5.2.1: with the values they had; §5.2.2: not at all where the host does not know them. */
    @Test
    void whatTheSenderWantsToHearGoesOnWhereDsnIsOffered() throws IOException {
        Delivery delivery = new Delivery(
                "1",
                "a@b",
                "x@sink.test",
                MESSAGE,
                Provenance.STRANGER,
                new DsnMail(DsnMail.Ret.HDRS, "id+2B1"),
                new DsnRcpt(Notify.parse("success,delay").orElseThrow(), "rfc822;y+40z"));
        for (String pipelining : List.of("", "250-PIPELINING\r\n")) {
            String offer = "250-s\r\n" + pipelining + "250 DSN\r\n";
            try (TestingSmtpServer server = TestingSmtpServer.answering(Map.of("EHLO", offer))) {
                assertThat(TestingRemote.deliverer(through(server.port())).deliver(delivery))
                        .isInstanceOfSatisfying(
                                Delivered.class, d -> assertThat(d.action()).isEqualTo(Action.PASSED_ON));
                await().until(() -> server.sessions().getFirst().contains("QUIT\r\n"));
                assertThat(server.sessions().getFirst())
                        .contains(
                                "MAIL FROM:<a@b> RET=HDRS ENVID=id+2B1\r\n",
                                "RCPT TO:<x@sink.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;y+40z\r\n");
            }
        }
        try (TestingSmtpServer server = TestingSmtpServer.answering(Map.of())) {
            assertThat(TestingRemote.deliverer(through(server.port())).deliver(delivery))
                    .isInstanceOfSatisfying(
                            Delivered.class, d -> assertThat(d.action()).isEqualTo(Action.RELAYED));
            await().until(() -> server.sessions().getFirst().contains("QUIT\r\n"));
            assertThat(server.sessions().getFirst()).contains("MAIL FROM:<a@b>\r\n", "RCPT TO:<x@sink.test>\r\n");
        }
        assertThat(commands(Map.of("EHLO", "250-s\r\n250 DSN\r\n"), "a@b", MESSAGE))
                .contains("MAIL FROM:<a@b>\r\n", "RCPT TO:<x@sink.test>\r\n");
    }

    @Test
    void nullSenderAndQuotedAddresses() throws IOException {
        assertThat(commands(Map.of(), "", MESSAGE)).contains("MAIL FROM:<>\r\n");
        assertThat(commands(Map.of(), "#@[]", MESSAGE)).contains("MAIL FROM:<>\r\n");
        assertThat(commands(Map.of(), "a b@c", MESSAGE)).contains("MAIL FROM:<\"a b\"@c>\r\n");
    }

    /** RFC 6531 §3.4, §3.5. */
    @Test
    void anAddressThatNeedsSmtpUtf8() throws IOException {
        assertThat(commands(Map.of("EHLO", "250-s\r\n250 SMTPUTF8\r\n"), "\u00c3\u00a9@b", MESSAGE))
                .contains("MAIL FROM:<\"\u00c3\u00a9\"@b> SMTPUTF8\r\n");
        try (TestingSmtpServer server = TestingSmtpServer.answering(Map.of("EHLO", "250-s\r\n250 8BITMIME\r\n"))) {
            assertThat(deliver(server, "\u00c3\u00a9@b", MESSAGE))
                    .isEqualTo(new Bounced("127.0.0.1 does not offer SMTPUTF8, which an address needs. (#5.6.7)\n"));
            await().until(() -> server.commands().equals("QUIT\r\n"));
        }
    }

    /** RFC 6531 §3.4: where a sender has said that he needs it, the header is looked at, and no other. */
    @Test
    void aHeaderThatNeedsSmtpUtf8() throws IOException {
        MessageSource header = new TestingMessage("Subject: \u00c3\u00a9\n\nb\n");
        MessageSource body = new TestingMessage("Subject: e\n\n\u00c3\u00a9\n");
        Map<String, String> offers = Map.of("EHLO", "250-s\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n");
        Map<String, String> none = Map.of("EHLO", "250-s\r\n250 8BITMIME\r\n");
        assertThat(mail(offers, header, true)).isEqualTo("MAIL FROM:<a@b> BODY=8BITMIME SMTPUTF8\r\n");
        assertThat(mail(offers, header, false)).isEqualTo("MAIL FROM:<a@b> BODY=8BITMIME\r\n");
        assertThat(mail(offers, body, true)).isEqualTo("MAIL FROM:<a@b> BODY=8BITMIME\r\n");
        assertThat(mail(none, body, true)).isEqualTo("MAIL FROM:<a@b> BODY=8BITMIME\r\n");
        assertThat(mail(none, header, false)).isEqualTo("MAIL FROM:<a@b> BODY=8BITMIME\r\n");
        assertThat(mail(none, header, true))
                .isEqualTo(new Bounced("127.0.0.1 does not offer SMTPUTF8, which the header needs. (#5.6.7)\n")
                        .toString());
    }

    /** What MAIL was; where there was none, the result. */
    private static String mail(Map<String, String> answers, MessageSource message, boolean smtputf8)
            throws IOException {
        Delivery delivery = new Delivery(
                "1",
                "a@b",
                "x@sink.test",
                message,
                Provenance.STRANGER,
                DsnMail.NONE,
                DsnRcpt.NONE,
                smtputf8,
                Instant.MIN);
        try (TestingSmtpServer server = TestingSmtpServer.answering(answers)) {
            DeliveryResult result =
                    TestingRemote.deliverer(through(server.port())).deliver(delivery);
            await().until(() -> server.sessions().getFirst().contains("QUIT\r\n"));
            return server.sessions().getFirst().stream()
                    .filter(line -> line.startsWith("MAIL "))
                    .findFirst()
                    .orElse(result.toString());
        }
    }

    @Test
    void aHostThatRefusesInTheMiddleOfAMessageHasRefused() throws Exception {
        try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread host = Thread.startVirtualThread(() -> {
                try (Socket socket = listener.accept()) {
                    OutputStream out = socket.getOutputStream();
                    out.write("220 s\r\n502 no\r\n250 s\r\n250 m\r\n250 r\r\n354 go\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
                    socket.getInputStream().skipNBytes(100_000);
                    out.write("552 5.3.4 too large\r\n".getBytes(StandardCharsets.US_ASCII));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            MessageSource large = new TestingMessage(("x".repeat(99) + "\n").repeat(200_000));
            assertThat(TestingRemote.deliverer(through(listener.getLocalPort()))
                            .deliver(new Delivery("1", "a@b", "x@sink.test", large)))
                    .isEqualTo(new Bounced("127.0.0.1 failed after I sent the message.\n"
                            + "Remote host said: 552 5.3.4 too large\n"));
            host.join();
        }
    }

    @Test
    void anAddressCannotBringACommand() throws IOException {
        try (TestingSmtpServer server = TestingSmtpServer.answering(Map.of())) {
            for (String bad : List.of("x\r\nRCPT TO:<y@z>@sink.test", "x\n@sink.test", "x@sink.test\0")) {
                assertThat(TestingRemote.deliverer(through(server.port()))
                                .deliver(new Delivery("1", "a@b", bad, MESSAGE)))
                        .isInstanceOf(Bounced.class);
                assertThat(deliver(server, bad, MESSAGE)).isInstanceOf(Bounced.class);
            }
            assertThat(server.sessions()).isEmpty();
        }
    }

    @Test
    void aConnectionThatBreaksBeforeTheDotIsTriedAgain() throws IOException {
        for (String command : List.of("greeting", "EHLO", "MAIL", "RCPT", "DATA")) {
            assertThat(answering(Map.of(command, "<close>")))
                    .as(command)
                    .isEqualTo(new Deferred("Connected to 127.0.0.1 but connection died. (#4.4.2)\n"));
        }
    }

    @Test
    void aConnectionThatBreaksAfterTheDotMayHaveDelivered() throws IOException {
        assertThat(answering(Map.of(".", "<close>")))
                .isEqualTo(new Deferred("Connected to 127.0.0.1 but connection died. Possible duplicate! (#4.4.2)\n"));
    }

    @Test
    void aServerThatSaysNothingIsGivenUp() throws IOException {
        assertThat(answering(Map.of("greeting", "<silence>")))
                .isEqualTo(new Deferred("Connected to 127.0.0.1 but connection died. (#4.4.2)\n"));
        assertThat(answering(Map.of(".", "<silence>")).report()).contains("Possible duplicate!");
    }

    @Test
    void nonsenseIsNoAnswer() throws IOException {
        assertThat(answering(Map.of("greeting", "HTTP/1.1 400 Bad Request\r\n")))
                .isEqualTo(new Deferred(
                        "Connected to 127.0.0.1 but greeting failed.\nRemote host said: HTTP/1.1 400 Bad Request\n"));
        assertThat(answering(Map.of("RCPT", "99 x\r\n"))).isInstanceOf(Deferred.class);
        assertThat(answering(Map.of("DATA", "250 ok\r\n"))).isInstanceOf(Deferred.class);
        assertThat(answering(Map.of("MAIL", "x".repeat(100_000) + "\r\n"))).isInstanceOf(Deferred.class);
        assertThat(answering(Map.of("MAIL", "250-more\r\n".repeat(2000)))).isInstanceOf(Deferred.class);
    }

    @Test
    void aLongReplyIsToldInPart() throws IOException {
        DeliveryResult result =
                answering(Map.of("RCPT", ("550-" + "x".repeat(500) + "\r\n").repeat(100) + "550 end\r\n"));
        assertThat(result).isInstanceOf(Bounced.class);
        assertThat(result.report()).hasSizeLessThan(5200).endsWith("Giving up on 127.0.0.1.\n");
    }

    @Test
    void aNameThatIsRejectedIsTriedAgain() throws IOException {
        assertThat(answering(Map.of("HELO", "550 who?\r\n")))
                .isEqualTo(
                        new Deferred("Connected to 127.0.0.1 but my name was rejected.\nRemote host said: 550 who?\n"));
        assertThat(answering(Map.of("EHLO", "421 later\r\n"))).isInstanceOf(Deferred.class);
    }

    @Test
    void aMessageThatCannotBeReadIsNotSentInPart() throws IOException {
        try (TestingSmtpServer server = TestingSmtpServer.answering(Map.of("EHLO", "250 hi\r\n"))) {
            assertThat(deliver(server, "a@b", TestingMessage.unreadableAfter("Subject: t\n\nha")))
                    .isEqualTo(new Deferred("Unable to read message. (#4.3.0)\n"));
            assertThat(server.sessions().getFirst()).doesNotContain(".\r\n");
        }
    }

    @Test
    void theNextHostIsTriedWhereTheFirstDoesNotGreet() throws IOException {
        try (TestingSmtpServer first =
                        TestingSmtpServer.at(InetAddress.getByName("127.0.0.71"), 0, Map.of("greeting", "554 no\r\n"));
                TestingSmtpServer second =
                        TestingSmtpServer.at(InetAddress.getByName("127.0.0.72"), first.port(), Map.of())) {
            RemoteSettings settings =
                    RemoteSettings.of("me.example", List.of(new SmtpRoute("", "relay", first.port())));
            TestingRemote dns = new TestingRemote().host("relay", "127.0.0.70", "127.0.0.71", "127.0.0.72");
            assertThat(TestingRemote.deliverer(settings, dns).deliver(new Delivery("1", "a@b", "x@y", MESSAGE)))
                    .isEqualTo(new Delivered(
                            "127.0.0.72 accepted message.\nRemote host said: 250 queued as X\n", Action.RELAYED));
            assertThat(second.sessions()).hasSize(1);
        }
    }

    @Test
    void nobodyListening() throws IOException {
        int port;
        try (TestingSmtpServer server = TestingSmtpServer.answering(Map.of())) {
            port = server.port();
        }
        assertThat(TestingRemote.deliverer(through(port)).deliver(new Delivery("1", "a@b", "x@y", MESSAGE)))
                .isEqualTo(new Deferred("Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)\n"));
    }

    @Test
    void settingsThatCannotBeReadDefer() {
        RemoteDeliverer deliverer = new RemoteDeliverer(
                () -> {
                    throw new IOException("control/smtproutes:1: bad");
                },
                new TestingRemote(),
                a -> false,
                new java.util.Random(1),
                java.time.InstantSource.system());
        assertThat(deliverer.deliver(new Delivery("1", "a@b", "x@y", MESSAGE)))
                .isEqualTo(new Deferred("Unable to read control files: control/smtproutes:1: bad (#4.3.0)\n"));
    }

    /** What is signed, and by what, is DkimInteropIT's and ChoiceTest's; here: what a hop and the log get. */
    @Test
    void ownMailIsSignedAndTheReportSaysSo() throws IOException {
        MessageSource message = new TestingMessage("From: joe@example.com\nSubject: t\n\n\u00e9\n");
        Map<String, String> offers = Map.of("EHLO", "250-sink\r\n250 SIZE\r\n");
        try (TestingSmtpServer server = TestingSmtpServer.answering(offers)) {
            RemoteDeliverer deliverer =
                    TestingRemote.deliverer(through(server.port()).withDkim(new DkimKeys(List.of(KEY))));
            assertThat(deliverer
                            .deliver(new Delivery("1", "a@b", "x@y", message, Provenance.OWN))
                            .report())
                    .endsWith("\nDKIM: d=example.com s=s\n");
            List<String> lines = List.copyOf(server.sessions().getFirst());
            List<String> sent = lines.subList(lines.indexOf("DATA\r\n") + 1, lines.indexOf(".\r\n"));
            assertThat(sent.getFirst()).startsWith("DKIM-Signature: v=1; ");
            assertThat(sent).contains("Content-Transfer-Encoding: quoted-printable\r\n", "=E9\r\n");
            assertThat(lines)
                    .contains("MAIL FROM:<a@b> SIZE=" + String.join("", sent).length() + "\r\n");

            assertThat(deliverer
                            .deliver(new Delivery("1", "a@b", "x@y", message, Provenance.STRANGER))
                            .report())
                    .endsWith("\nDKIM: not signed, it came from a client without the right to relay\n");
            assertThat(server.sessions().getLast()).noneMatch(line -> line.startsWith("DKIM-Signature"));
        }
    }

    @Test
    void aBrokenKeyDefersItsDomainsMailWithOneAlert() throws IOException {
        MessageSource message = new TestingMessage("From: joe@example.com\n\nx\n");
        List<String> alerts = new ArrayList<>();
        try (TestingSmtpServer server = TestingSmtpServer.answering(Map.of())) {
            AtomicReference<DkimKey> key = new AtomicReference<>(new DkimKey.Broken("example.com", "s", "k: damaged"));
            RemoteDeliverer deliverer = new RemoteDeliverer(
                    () -> through(server.port()).withDkim(new DkimKeys(List.of(key.get()))),
                    new TestingRemote(),
                    a -> false,
                    new Random(1),
                    InstantSource.system(),
                    alerts::add);
            Delivery own = new Delivery("1", "a@b", "x@y", message, Provenance.OWN);
            for (int i = 0; i < 3; i++) {
                assertThat(deliverer.deliver(own))
                        .isEqualTo(new Deferred("Unable to sign for example.com: k: damaged (#4.3.5)\n"));
            }
            assertThat(server.sessions()).isEmpty();
            assertThat(deliverer.deliver(new Delivery("1", "a@b", "x@y", MESSAGE, Provenance.OWN)))
                    .isInstanceOf(Delivered.class);
            key.set(KEY);
            assertThat(deliverer.deliver(own)).isInstanceOf(Delivered.class);
            assertThat(alerts)
                    .containsExactly(
                            "alert: dkim: mail from example.com waits, its key cannot be used: k: damaged",
                            "dkim: the key of example.com can be used again");
        }
    }
}
