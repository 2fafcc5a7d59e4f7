package org.postern.smtpd;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.postern.mail.DsnMail;
import org.postern.mail.DsnRcpt;
import org.postern.mail.Envelope;
import org.postern.mail.Notify;
import org.postern.queue.TestingIntake;
import org.postern.tcp.TestingWire;

/** What a sender says of notices (RFC 3461) is read the same wherever the network cuts it. */
class DsnSplitTest {
    private static final String INPUT = "EHLO c\r\nMAIL FROM:<a@b.example> RET=HDRS ENVID=QQ+2B314159\r\n"
            + "RCPT TO:<joe@foo.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;joe+2Bx@foo.example\r\n"
            + "RCPT TO:<ann@foo.example> NOTIFY=SUCCES\r\nRCPT TO:<ann@foo.example>\r\n"
            + "DATA\r\nSubject: x\r\n\r\nx\r\n.\r\nQUIT\r\n";

    private static final Envelope SAID = new Envelope(
            "a@b.example",
            List.of("joe@foo.example", "ann@foo.example"),
            new DsnMail(DsnMail.Ret.HDRS, "QQ+2B314159"),
            List.of(
                    new DsnRcpt(Notify.parse("SUCCESS,DELAY").orElseThrow(), "rfc822;joe+2Bx@foo.example"),
                    DsnRcpt.NONE));

    @Test
    void envelopeAndAnswersAreTheSameWhereverItIsCut() {
        String expected = answers(TestingWire.sending(INPUT));
        assertThat(expected).contains("501 5.5.4 syntax: NOTIFY=").contains("250 2.6.0 ok");
        for (int place = 0; place <= INPUT.length(); place++) {
            assertThat(answers(TestingWire.cutAt(INPUT, place)))
                    .as("cut at %d", place)
                    .isEqualTo(expected);
        }
        assertThat(answers(TestingWire.sending(INPUT.split("")))).isEqualTo(expected);
    }

    private static String answers(TestingWire wire) {
        TestingSession session = TestingSession.serve().dsn();
        session.run(wire);
        assertThat(session.intake().messages())
                .extracting(TestingIntake.Message::envelope)
                .containsExactly(SAID);
        return wire.output();
    }
}
