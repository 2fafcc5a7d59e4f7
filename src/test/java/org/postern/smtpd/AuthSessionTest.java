package org.postern.smtpd;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.postern.auth.Sasl;
import org.postern.tcp.Line;
import org.postern.tcp.TestingWire;

class AuthSessionTest {
    private static final String PLAIN = "AUTH PLAIN dGltAHRpbQB0YW5zdGFhZg==";
    private static final String MAIL = "MAIL FROM:<tim@foo.example>";
    private static final String RCPT = "RCPT TO:<x@elsewhere.example>";

    private static TestingSession clear() {
        return TestingSession.serve().logins(Logins.Offer.YES, true);
    }

    @Test
    void theLongestLineOfAnExchangeIsTwelveKilobytes() {
        assertThat(clear().talk(
                                "AUTH PLAIN",
                                "A".repeat(Sasl.LONGEST_LINE),
                                "AUTH PLAIN",
                                "A".repeat(Sasl.LONGEST_LINE + 1)))
                .containsExactly("334", "501 5.5.2 that is no base64", "334", "500 5.5.6 that line is too long");
    }

    @Test
    void theReceivedLineSaysThatAndWhoHasLoggedIn() {
        TestingSession session = clear();
        session.talk("EHLO c", PLAIN, MAIL, RCPT, "DATA", "x\r\n.", "HELO c", MAIL, RCPT, "DATA", "x\r\n.");
        session.tls(new Tls.InUse("TLSv1.3 X")).talk("EHLO c", PLAIN, MAIL, RCPT, "DATA", "x\r\n.");
        assertThat(session.intake().messages())
                .extracting(m -> m.text().replaceFirst("(?s).*\\(HELO c\\) (.*?);.*", "$1"))
                .containsExactly(
                        "(tim@127.0.0.55)\n  by 127.0.0.1 with ESMTPA",
                        "(tim@127.0.0.55)\n  by 127.0.0.1 with SMTP",
                        "(tim@127.0.0.55)\n  by 127.0.0.1 with ESMTPSA (TLSv1.3 X)");
        assertThat(session.intake().messages())
                .as("what a user sends is the site's own")
                .allMatch(m -> m.ofClient());
    }

    @Test
    void aSenderThatIsNotTheUsersIsToldToTheLog() {
        TestingSession session = clear();
        session.talk(PLAIN, "MAIL FROM:<ann@foo.example>");
        assertThat(session.events()).containsExactly(new SmtpdEvent.SenderRefused("tim", "ann@foo.example"));
    }

    @Test
    void aSubmissionServerAddsWhatIsMissing() {
        TestingSession session = TestingSession.serve().logins(Logins.Offer.DEMANDED, true);
        session.talk(PLAIN, MAIL, RCPT, "DATA", "Subject: x\r\n\r\nbody\r\n.");
        assertThat(session.intake().messages().getFirst().text())
                .containsPattern(
                        "\nSubject: x\nDate: 24 Nov 2026 \\S+ -0000\nMessage-ID: <\\S+@foo\\.example>\n\nbody\n$");
    }

    @Test
    void beforeStarttlsASubmissionServerSaysSo() {
        assertThat(TestingSession.serve().logins(Logins.Offer.DEMANDED, false).talk(MAIL, PLAIN))
                .containsExactly(
                        "530 5.7.0 say STARTTLS first, then log in",
                        "538 5.7.11 this server takes passwords under TLS only, say STARTTLS first");
    }

    @Test
    void aClientThatVanishesInAnExchangeIsGone() {
        TestingSmtpDialogue client = new TestingSmtpDialogue(List.of("AUTH LOGIN\r\n", "dGlt\r\n"), false);
        assertThat(clear().run(client)).isEqualTo(End.VANISHED);
    }

    @Test
    void aCommandDoesNotShowThePassword() {
        assertThat(Command.of(new Line.Text(PLAIN)).toString()).doesNotContain("dGlt");
    }

    @Test
    void answersAreTheSameWhereverTheInputIsCut() {
        String input = String.join(
                "\r\n",
                "EHLO c",
                "AUTH LOGIN",
                "dGlt",
                "*",
                "AUTH PLAIN",
                "dGltAHRpbQB0YW5zdGFhZg==",
                MAIL + " AUTH=<>",
                RCPT,
                "DATA",
                "Subject: x",
                "",
                "x",
                ".",
                "QUIT",
                "");
        String expected = output(TestingWire.sending(input));
        assertThat(expected).contains("235 2.7.0 ").contains("250 2.6.0 ok").contains("501 5.7.0 login cancelled");
        for (int place = 0; place <= input.length(); place++) {
            assertThat(output(TestingWire.cutAt(input, place)))
                    .as("cut at %d", place)
                    .isEqualTo(expected);
        }
        assertThat(output(TestingWire.sending(input.split("")))).isEqualTo(expected);
    }

    private static String output(TestingWire wire) {
        clear().run(wire);
        return wire.output();
    }
}
