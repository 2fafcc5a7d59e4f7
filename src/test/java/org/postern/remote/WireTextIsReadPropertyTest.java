package org.postern.remote;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.postern.os.Octets;
import org.postern.tcp.Connection;
import org.postern.tcp.DotReader;
import org.postern.tcp.TestingWire;

/** What our client sends, our server takes: dots doubled and taken away again, no stray line end. */
class WireTextIsReadPropertyTest {
    private static final Duration LIMIT = Duration.ofSeconds(1);

    @Provide
    Arbitrary<String> messages() {
        return Arbitraries.oneOf(
                Arbitraries.strings().withChars('\r', '\n', '.', 'x').ofMaxLength(60),
                Arbitraries.strings().withCharRange((char) 0, (char) 255).ofMaxLength(300));
    }

    @Property(tries = 3000)
    void whatTheClientSendsTheServerReads(@ForAll("messages") String message) throws IOException {
        ByteArrayOutputStream sent = new ByteArrayOutputStream();
        new WireText(sent::write).send(new ByteArrayInputStream(Octets.bytes(message)));
        Connection connection =
                new Connection(TestingWire.sending(Octets.of(sent.toByteArray()) + ".\r\n", "QUIT\r\n"));
        DotReader reader = new DotReader(connection);
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        byte[] piece = new byte[100];
        int n = reader.read(piece, LIMIT);
        for (; n >= 0; n = reader.read(piece, LIMIT)) {
            read.write(piece, 0, n);
        }
        assertThat(n).isEqualTo(DotReader.END);
        assertThat(reader.bareLf() || reader.loneCr()).isFalse();
        assertThat(Octets.of(read.toByteArray())).isEqualTo(text(message));
    }

    /** CR LF and LF are line ends, any other CR is a blank, and the last line is ended (ADR 32). */
    private static String text(String message) {
        String whole = message.isEmpty() || message.endsWith("\n") ? message : message + "\n";
        return whole.replace("\r\n", "\n").replace('\r', ' ');
    }
}
