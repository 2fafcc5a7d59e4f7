package org.postern.smtpd;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.postern.mail.Envelope;
import org.postern.os.Octets;
import org.postern.queue.Intake;
import org.postern.queue.TestingIntake;

class SubmittedHeaderTest {
    private static final Instant NOW = Instant.ofEpochSecond(1795485446);
    private static final String DATE = "Date: 24 Nov 2026 01:57:26 -0000\n";
    private static final String BOTH = DATE + "Message-ID: <ID@foo.example>\n";

    /** What becomes of a message; the octets before the place, and those behind it, are given apart. */
    private static String completed(String message, int place) throws Exception {
        TestingIntake intake = TestingIntake.numbering();
        Intake.Draft draft = intake.begin();
        SubmittedHeader header = new SubmittedHeader(draft, "foo.example", NOW);
        byte[] first = Octets.bytes(message.substring(0, place));
        byte[] second = Octets.bytes(message.substring(place));
        header.write(first, first.length);
        header.write(second, second.length);
        header.end();
        draft.commit(new Envelope("", java.util.List.of()));
        return intake.messages().getFirst().text().replaceFirst("<[0-9a-f-]{36}@", "<ID@");
    }

    private static void becomes(String message, String expected) throws Exception {
        for (int place = 0; place <= message.length(); place++) {
            assertThat(completed(message, place)).as("cut at %d", place).isEqualTo(expected);
        }
    }

    @Test
    void dateAndMessageIdAreAddedBelowTheHeader() throws Exception {
        becomes("Subject: a\n b: c\n\nDate: in the body\n", "Subject: a\n b: c\n" + BOTH + "\nDate: in the body\n");
    }

    @Test
    void whatIsThereStays() throws Exception {
        String whole = "DATE : today\nmessage-id:<1@x>\n\nb\n";
        becomes(whole, whole);
        becomes("Message-ID: <1@x>\n\n", "Message-ID: <1@x>\n" + DATE + "\n");
    }

    @Test
    void aHeaderWithoutABodyIsOne() throws Exception {
        becomes("Subject: a\n", "Subject: a\n" + BOTH);
        becomes("", BOTH);
    }

    @Test
    void aTextWithoutAHeaderGetsOne() throws Exception {
        for (String text :
                new String[] {"Hello.\n", "Hello you: it is me\n", " indented: x\n", ": x\n", "\u00e4: x\n"}) {
            becomes(text + "Date: no field\n", BOTH + "\n" + text + "Date: no field\n");
        }
        becomes("Subject: a\nHello.\n", "Subject: a\n" + BOTH + "\nHello.\n");
    }

    @Test
    void aLineWithoutAnEndIsNotKept() throws Exception {
        String line = "x".repeat(100_000) + "\n";
        assertThat(completed(line, 7)).isEqualTo(BOTH + "\n" + line);
    }
}
