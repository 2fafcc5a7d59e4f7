package org.postern.dkim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postern.config.DkimKey;
import org.postern.config.DkimKeys;
import org.postern.mail.Provenance;
import org.postern.mail.TestingMessage;

class ChoiceTest {
    private static final DkimKey.Usable KEY = TestingKey.of("example.com", "s");
    private static final DkimKeys KEYS =
            new DkimKeys(List.of(KEY, new DkimKey.Broken("broken.example", "s", "no such file")));
    private static final String OURS = "Received: (qmail 1 invoked by uid 0)\n";

    private static Choice choice(String message, Provenance provenance) throws IOException {
        return Choice.of(new TestingMessage(message), provenance, KEYS);
    }

    private static String unsigned(String message, Provenance provenance) throws IOException {
        return ((Choice.Unsigned) choice(message, provenance)).why();
    }

    @Test
    void theSitesOwnMailIsSigned() throws IOException {
        String text = OURS + "From: a@example.com\n\nx\n";
        assertThat(choice(text, Provenance.OWN)).isEqualTo(new Choice.By(KEY));
        assertThat(choice(text, Provenance.PROGRAM)).isEqualTo(new Choice.By(KEY));
        // What came through another server of the site has that one's Received line.
        assertThat(choice("Received: from inner\n" + text, Provenance.OWN)).isEqualTo(new Choice.By(KEY));
    }

    @Test
    void aStrangersMailIsNotAlsoWhereAUserForwardsIt() throws IOException {
        String text = OURS + "From: a@example.com\n\nx\n";
        assertThat(unsigned(text, Provenance.STRANGER)).isEqualTo("it came from a client without the right to relay");
        assertThat(unsigned("Received: from elsewhere\n" + text, Provenance.PROGRAM))
                .isEqualTo("a program sent on what it had received");
        assertThat(unsigned("Delivered-To: joe@here\n" + text, Provenance.PROGRAM))
                .isEqualTo("a program sent on what it had received");
    }

    @Test
    void otherDomainsMailIsLeftAloneWithoutAWord() throws IOException {
        assertThat(unsigned("From: a@other.example\n\nx\n", Provenance.OWN)).isEmpty();
        assertThat(unsigned("Subject: no From\n\nx\n", Provenance.OWN)).isEmpty();
        assertThat(Choice.of(new TestingMessage("From: a@example.com\n\n"), Provenance.OWN, DkimKeys.NONE))
                .isEqualTo(new Choice.Unsigned(""));
    }

    @Test
    void aBrokenKeyIsOneForMailThatWouldBeSigned() throws IOException {
        String text = "From: a@broken.example\n\nx\n";
        assertThat(choice(text, Provenance.OWN)).isEqualTo(new Choice.Broken("broken.example", "no such file"));
        assertThat(choice(text, Provenance.STRANGER)).isInstanceOf(Choice.Unsigned.class);
    }

    @Test
    void whatReceiversWouldReadDifferentlyIsNotSigned() throws IOException {
        assertThat(unsigned("From: a@example.com\nFrom: b@example.com\n\nx\n", Provenance.OWN))
                .isEqualTo("it has several From fields");
        for (String header : List.of(
                "From a Mon\nFrom: a@example.com\n\nx\n",
                "From: a@example.com\nno field\n\nx\n",
                " x\nFrom: a@example.com\n\nx\n",
                "From: a@example.com\nX\u00e9: y\n\nx\n",
                "From: a@example.com\n" + "X: y\n".repeat(500) + "\nx\n",
                "From: a@example.com\nX: " + "y".repeat(1 << 20) + "\n\nx\n")) {
            assertThat(unsigned(header, Provenance.OWN))
                    .isEqualTo("its header has a line that is no field, or is too large");
        }
        assertThat(choice("From: a@example.com\n" + "X: y\n".repeat(499) + "\nx\n", Provenance.OWN))
                .isEqualTo(new Choice.By(KEY));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                " a@example.com | example.com",
                " Joe <a@Example.COM> | example.com",
                " \"x <b@c.example>\" <a@example.com> | example.com",
                " \"x\\\" <b@c.example>\" <a@example.com> | example.com",
                " a@example.com (at b@c.example (or <d@e.example>)) | example.com",
                " (\\) <b@c.example>) a@example.com | example.com",
                " \"a@b.example\"@example.com | example.com",
                " a@b@example.com | example.com",
                " b@c.example <a@example.com> | example.com",
                " <b@c.example> <a@example.com> | c.example",
                " b@c.example, a@example.com | c.example",
                " a@ example.com | example.com",
                " a@example.com. | example.com",
                " a@[192.0.2.1] | ",
                " a | ",
                " <> | ",
                " \"a@example.com | ",
                " a@b\u00c3\u00bccher.example | xn--bcher-kva.example",
                " a@\u00ff | ",
            })
    void theDomainOfFrom(String value, String domain) {
        assertThat(FromDomain.of(value)).isEqualTo(Optional.ofNullable(domain));
    }
}
