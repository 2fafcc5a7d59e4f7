package org.postern.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.queue.Selection;

class RequestTextTest {
    private static final Selection WHICH =
            Selection.of(List.of("1*"), List.of("", "\u00e9\"\\@x"), List.of("a@b"), List.of("*.example"));

    @Test
    void everyRequestIsReadAsItWasWritten() throws RequestText.Malformed {
        for (Request request : List.of(
                new Request.Reload(Request.Form.TABLE),
                new Request.QueueList(Selection.ALL, Request.Form.TABLE),
                new Request.QueueShow(WHICH, Request.Form.JSON),
                new Request.QueueRetry(WHICH, Request.Form.TABLE),
                new Request.QueueHold(WHICH, Request.Form.TABLE),
                new Request.QueueRelease(WHICH, Request.Form.JSON),
                new Request.QueueDrop(WHICH, true, Request.Form.JSON),
                new Request.QueueDrop(WHICH, false, Request.Form.TABLE),
                new Request.ForgetTimeOuts())) {
            String line = RequestText.write(request);
            assertThat(line).isPrintable();
            assertThat(RequestText.read(line)).isEqualTo(request);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "queue drop",
                "[]",
                "{}",
                "{\"do\":\"queue drop\"",
                "{\"do\":\"queue explode\"}",
                "{\"do\":7}",
                "{\"do\":\"reload\",\"ids\":[\"1\"]}",
                "{\"do\":null}",
                "{\"do\":\"queue drop\",\"sender\":[\"x\"]}",
                "{\"do\":\"queue drop\",\"senders\":\"x\"}",
                "{\"do\":\"queue drop\",\"senders\":[\"x\",1]}",
                "{\"do\":\"queue drop\",\"senders\":[[\"x\"]]}",
                "{\"do\":\"queue drop\",\"senders\":[\"\u0100\"]}",
                "{\"do\":\"queue drop\",\"bounce\":\"yes\"}",
                "{\"do\":\"queue drop\",\"form\":\"xml\"}",
                "{\"do\":\"queue drop\",\"do\":\"queue list\"}",
                "{\"do\":\"queue list\"} {\"do\":\"queue drop\"}",
            })
    void whatIsNoRequestIsRefusedAsAWhole(String line) {
        assertThatThrownBy(() -> RequestText.read(line)).isInstanceOf(RequestText.Malformed.class);
    }

    @Test
    void moreThanAThousandPatternsAreRefused() {
        String many = String.join(",", Collections.nCopies(1001, "\"x\""));
        assertThatThrownBy(() -> RequestText.read("{\"do\":\"queue drop\",\"ids\":[" + many + "]}"))
                .hasMessageContaining("more than 1000 patterns");
    }
}
