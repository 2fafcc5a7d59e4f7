package org.postern.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.mail.Action;
import org.postern.mail.Delivery;
import org.postern.mail.DeliveryResult;
import org.postern.mail.DsnMail;
import org.postern.mail.DsnRcpt;
import org.postern.mail.Envelope;
import org.postern.mail.Notify;
import org.postern.mail.Provenance;
import org.postern.mail.TestingMessage;

/** RFC 3461 §5.2.7: what becomes of a sender's wishes at a .qmail file. */
class ForwardedDsnTest {
    private static final DsnMail MAIL = new DsnMail(DsnMail.Ret.HDRS, "id");
    private static final DsnRcpt ALL =
            new DsnRcpt(Notify.parse("SUCCESS,FAILURE").orElseThrow(), "rfc822;ptest@hoge.example.com");
    private static final DsnRcpt BUT_SUCCESS =
            new DsnRcpt(Notify.parse("FAILURE").orElseThrow(), ALL.orcpt());

    @TempDir
    private Path dir;

    private TestingLocal machine;

    @BeforeEach
    void machine() throws IOException {
        machine = new TestingLocal(dir, "ptest");
    }

    private Action delivered(String lines, DsnRcpt dsn) throws IOException {
        machine.dotQmail("ptest", ".qmail", lines);
        DeliveryResult result = machine.deliverer()
                .deliver(new Delivery(
                        "d1",
                        "s@x.example",
                        "ptest@hoge.example.com",
                        new TestingMessage(TestingLocal.TEXT),
                        Provenance.STRANGER,
                        MAIL,
                        dsn));
        assertThat(result).as("%s", result.report()).isInstanceOf(DeliveryResult.Delivered.class);
        return ((DeliveryResult.Delivered) result).action();
    }

    private Envelope forwarded() {
        return machine.queue.messages().getLast().envelope();
    }

    @Test
    void anAddressThatStandsForOneOtherHandsAllOn() throws IOException {
        assertThat(delivered("&a@far.example\n", ALL)).isEqualTo(Action.PASSED_ON);
        assertThat(forwarded()).isEqualTo(new Envelope("s@x.example", List.of("a@far.example"), MAIL, List.of(ALL)));
    }

    @Test
    void oneThatStandsForSeveralKeepsTheNoticeOfSuccessForItself() throws IOException {
        assertThat(delivered("&a@far.example\n&b@far.example\n", ALL)).isEqualTo(Action.EXPANDED);
        assertThat(forwarded())
                .isEqualTo(new Envelope(
                        "s@x.example",
                        List.of("a@far.example", "b@far.example"),
                        MAIL,
                        List.of(BUT_SUCCESS, BUT_SUCCESS)));
        // Nothing but success was wanted: that is NEVER for those, and not the default.
        delivered(
                "&a@far.example\n&b@far.example\n",
                new DsnRcpt(Notify.parse("SUCCESS").orElseThrow(), ""));
        assertThat(forwarded().dsnRcpt(0).wanted()).isEqualTo(Notify.NEVER);
    }

    @Test
    void whatIsDeliveredBesidesIsDelivered() throws IOException {
        assertThat(delivered("|true\n&a@far.example\n", ALL)).isEqualTo(Action.DELIVERED);
        assertThat(forwarded().dsnRcpts()).containsExactly(BUT_SUCCESS);
        assertThat(delivered("|true\n", ALL)).isEqualTo(Action.DELIVERED);
        assertThat(delivered("#\n", ALL)).isEqualTo(Action.DELIVERED);
    }

    @Test
    void aListIsTheEnd() throws IOException {
        machine.dotQmail("ptest", ".qmail-owner", "#\n");
        assertThat(delivered("&a@far.example\n", ALL)).isEqualTo(Action.DELIVERED);
        assertThat(forwarded()).isEqualTo(new Envelope("ptest-owner@hoge.example.com", List.of("a@far.example")));
    }

    @Test
    void withoutWishesThereAreNone() throws IOException {
        delivered("&a@far.example\n&b@far.example\n", DsnRcpt.NONE);
        assertThat(forwarded().dsnRcpts()).isEmpty();
    }
}
