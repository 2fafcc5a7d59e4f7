package org.postern.os;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class HostNameTest {
    @Test
    void isWhatUnameSays() throws IOException {
        Process uname = new ProcessBuilder("uname", "-n").start();
        String said = new String(uname.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        assertThat(HostName.get()).isNotEmpty().isEqualTo(said.strip());
    }
}
