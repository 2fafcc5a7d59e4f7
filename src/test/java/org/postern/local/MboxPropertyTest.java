package org.postern.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.postern.os.Octets;

class MboxPropertyTest {
    @Provide
    Arbitrary<String> texts() {
        Arbitrary<String> piece = Arbitraries.of(
                "From ", "From", ">", ">>", "F", "Fr", "\n", "\r\n", "x", " ", "From x", "\n\n", "\u00ff");
        return piece.list().ofMaxSize(20).map(pieces -> String.join("", pieces));
    }

    private static String written(String text, int pieceSize) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        MboxWriter writer = new MboxWriter(out::writeBytes);
        writer.head("From head\n");
        writer.message(new InputStream() {
            private final InputStream in = new ByteArrayInputStream(Octets.bytes(text));

            @Override
            public int read() throws IOException {
                return in.read();
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                return in.read(into, offset, Math.min(length, pieceSize));
            }
        });
        return Octets.of(out.toByteArray());
    }

    /** As a mail reader does: cuts before each From_ line behind an empty one, takes one bracket off. */
    private static List<String> read(String mbox) {
        List<String> messages = new ArrayList<>();
        for (String part : ("\n" + mbox).split("\n(?=From )", -1)) {
            if (!part.isEmpty()) {
                String body = part.substring(part.indexOf('\n') + 1);
                messages.add(body.replaceAll("(?m)(?<![^\n])>(>*From )", "$1"));
            }
        }
        return messages;
    }

    @Property
    void whatIsReadBackIsTheMessage(@ForAll("texts") String text, @ForAll @IntRange(min = 1, max = 7) int pieceSize)
            throws IOException {
        String whole = text.isEmpty() || text.endsWith("\n") ? text : text + "\n";
        String mbox = written(text, pieceSize) + written("second\n", 1);
        assertThat(read(mbox)).containsExactly(whole, "second\n\n");
    }

    @Example
    void quotingAsRecorded() throws IOException {
        assertThat(written("From a\n>From b\n From c\nFromd\n> From e", 1))
                .isEqualTo("From head\n>From a\n>>From b\n From c\nFromd\n> From e\n\n");
        assertThat(written("", 1)).isEqualTo("From head\n\n");
        assertThat(written(">".repeat(200_000) + "From ", 100))
                .isEqualTo("From head\n" + ">".repeat(200_001) + "From \n\n");
    }
}
