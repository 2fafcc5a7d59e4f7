package org.postern.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.postern.mail.TestingMessage;

class LoopCheckTest {
    private static boolean has(String text) throws IOException {
        return LoopCheck.headerHas(new TestingMessage(text).open(), "Delivered-To: a@b\n");
    }

    @Test
    void onlyTheExactLineInTheHeaderCounts() throws IOException {
        assertThat(has("Delivered-To: a@b\n\nx\n")).isTrue();
        assertThat(has("Subject: x\nDelivered-To: a@b\n")).isTrue();
        assertThat(has("Subject: x\n\nDelivered-To: a@b\n")).isFalse();
        assertThat(has("delivered-to: a@b\n")).isFalse();
        assertThat(has("Delivered-To: a@bc\n")).isFalse();
        assertThat(has("Delivered-To: a@\n")).isFalse();
        assertThat(has("XDelivered-To: a@b\n")).isFalse();
        assertThat(has("Delivered-To: a@b")).isFalse();
        assertThat(has("")).isFalse();
    }
}
