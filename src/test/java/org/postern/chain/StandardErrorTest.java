package org.postern.chain;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postern.os.Octets;
import org.postern.os.Syslog;
import org.postern.os.TestingSyslogd;

/** Where log lines go: never to the client. */
class StandardErrorTest {
    private static final String WARNING = "relay-ctrl-allow[7]: Warning: $RELAY_CTRL_DIR is not set.";

    @TempDir
    private Path dir;

    private final ByteArrayOutputStream error = new ByteArrayOutputStream();
    private TestingSyslogd syslogd;

    @BeforeEach
    void listen() throws IOException {
        syslogd = new TestingSyslogd(dir.resolve("log"));
    }

    @AfterEach
    void close() throws IOException {
        syslogd.close();
    }

    /** A /proc/self/fd with these three. */
    private StandardError log(boolean inSession, String zero, String one, String two) throws IOException {
        Path descriptors = Files.createDirectory(dir.resolve("fd"));
        Files.createSymbolicLink(descriptors.resolve("0"), Path.of(zero));
        Files.createSymbolicLink(descriptors.resolve("1"), Path.of(one));
        Files.createSymbolicLink(descriptors.resolve("2"), Path.of(two));
        return new StandardError(error, descriptors, inSession, () -> new Syslog(dir.resolve("log"), ZoneOffset.UTC));
    }

    private String written() {
        return Octets.of(error.toByteArray());
    }

    @ParameterizedTest
    @CsvSource({
        "true,  socket:[1], socket:[1], socket:[1]", // a foreign qmail-popup
        "false, socket:[1], socket:[1], socket:[1]", // inetd
        "true,  pipe:[1],   pipe:[2],   pipe:[2]", // a foreign qmail-popup behind sslserver
        "true,  /dev/null,  socket:[1], socket:[1]",
    })
    void whereTwoIsTheClientLinesGoToSyslog(boolean inSession, String zero, String one, String two) throws IOException {
        StandardError log = log(inSession, zero, one, two);
        log.line(WARNING);
        log.line("qmail-popup[7]: login user=joe ip=192.0.2.1");
        assertThat(written()).isEmpty();
        List<String> received = syslogd.received();
        assertThat(received).hasSize(2);
        assertThat(received.get(0))
                .startsWith("<20>")
                .endsWith(" relay-ctrl-allow[7]: Warning: $RELAY_CTRL_DIR is not set.");
        assertThat(received.get(1)).startsWith("<22>").endsWith(" qmail-popup[7]: login user=joe ip=192.0.2.1");
    }

    @ParameterizedTest
    @CsvSource({
        "true,  socket:[1], socket:[1], pipe:[3]", // tcpserver | splogger
        "true,  socket:[1], socket:[1], socket:[2]",
        "false, pipe:[9],   pipe:[3],   pipe:[3]", // envdir ... tcpserver 2>&1 | splogger
        "false, /dev/null,  socket:[3], socket:[3]", // a service of systemd with its journal
        "false, /dev/pts/0, /dev/pts/0, /dev/pts/0",
        "true,  /dev/pts/0, /dev/pts/0, /dev/pts/0",
        "true,  socket:[1], /tmp/file,  /tmp/file",
    })
    void elsewhereTheyGoToTwo(boolean inSession, String zero, String one, String two) throws IOException {
        log(inSession, zero, one, two).line(WARNING);
        assertThat(written()).isEqualTo(WARNING + "\n");
        assertThat(syslogd.received()).isEmpty();
    }

    @Test
    void eachLineOfSeveralIsOneOfSyslog() throws IOException {
        log(true, "socket:[1]", "socket:[1]", "socket:[1]").line("x: fatal: one\nx: usage: two");
        assertThat(syslogd.received()).hasSize(2).allMatch(line -> line.contains(" x: "));
    }

    @Test
    void withoutSyslogTheClientStillSeesNothing() throws IOException {
        syslogd.close();
        log(true, "socket:[1]", "socket:[1]", "socket:[1]").line(WARNING);
        assertThat(written()).isEmpty();
    }
}
