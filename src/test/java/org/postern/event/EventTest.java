package org.postern.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class EventTest {
    /** All kinds, with what a client can put into them. */
    private static List<Event> said(String by) {
        return List.of(
                new Event.LoggedIn("pop3", 1, "192.0.2.7", by),
                new Event.LoginRefused("pop3", 1, "192.0.2.7", by, "wrong password"),
                new Event.Granted(1, "192.0.2.7", by, 600),
                new Event.GrantFailed(1, "192.0.2.7", by, "disk full"),
                new Event.SenderRefused(2, "192.0.2.7", by, by),
                new Event.RelayRefused(2, "192.0.2.7", by, by, "never granted"),
                new Event.RecipientRefused(2, "192.0.2.7", by, by, by),
                new Event.MessageRefused(2, "192.0.2.7", by, by),
                new Event.Accepted(2, "192.0.2.7", by, 1, 4711, 83),
                new Event.Trouble(by),
                new Event.Note(by));
    }

    @Test
    void linesAreAsDocumented() {
        assertThat(said("joe"))
                .extracting(Event::line)
                .containsExactly(
                        "pop3 1: login user=joe ip=192.0.2.7",
                        "pop3 1: login refused user=joe ip=192.0.2.7: wrong password",
                        "pop3 1: relay granted ip=192.0.2.7 user=joe for 600 s",
                        "alert: pop3 1: relay not granted ip=192.0.2.7 user=joe: disk full",
                        "smtp 2: sender refused user=joe ip=192.0.2.7 from=<joe>:"
                                + " submission.senders does not let this user send as that address",
                        "smtp 2: relay refused ip=192.0.2.7 from=<joe> to=<joe>: never granted",
                        "smtp 2: refused ip=192.0.2.7 from=<joe> to=<joe>: joe",
                        "smtp 2: message refused ip=192.0.2.7 from=<joe>: joe",
                        "smtp 2: accepted ip=192.0.2.7 from=<joe> recipients=1 bytes=83 qp=4711",
                        "alert: joe",
                        "joe");
        assertThat(new Event.Listening("smtp", "[::1]:25").line()).isEqualTo("smtp: listening on [::1]:25");
    }

    /** No client writes a second line, a terminal's command or an octet that is no text into the log. */
    @Test
    void linesArePrintableAscii() {
        for (Event event : said("a\r\nalert: forged\u001b[2J\0\u0085\u00e9\u007f")) {
            assertThat(event.line().chars()).as(event.line()).allMatch(c -> c >= ' ' && c <= '~');
            assertThat(event.line()).containsPattern("a\\?\\?alert:[ ?]forged\\?\\[2J\\?\\?\\?\\?");
        }
    }

    /** Nor another field of a line: who bans the addresses of failed logins bans the right ones. */
    @Test
    void whatAClientSaysIsOneWord() {
        assertThat(new Event.LoginRefused("pop3", 1, "192.0.2.7", "bob ip=192.0.2.9: wrong password", "no such account")
                        .line())
                .isEqualTo("pop3 1: login refused user=bob?ip=192.0.2.9:?wrong?password ip=192.0.2.7: no such account");
    }

    @Test
    void lengthIsKeptSoThatNothingIsHidden() {
        assertThat(Event.shown("x".repeat(1000))).hasSize(1000);
        assertThat(Event.shown("")).isEmpty();
    }
}
