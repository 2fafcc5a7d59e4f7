package org.postern.remote;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.postern.mail.TestingMessage;
import org.postern.os.Octets;

class WireTextPropertyTest {
    @Provide
    Arbitrary<String> texts() {
        return Arbitraries.strings().withChars('\r', '\n', '.', 'a', '\u00ff').ofMaxLength(60);
    }

    private static String sent(String text) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new WireText(out::write).send(new ByteArrayInputStream(Octets.bytes(text)));
        return Octets.of(out.toByteArray());
    }

    /** What a server stores: lines by CR LF, one dot of a leading pair taken off. */
    private static String received(String wire) {
        StringBuilder text = new StringBuilder();
        for (String line : wire.split("\r\n", -1)) {
            text.append(line.startsWith(".") ? line.substring(1) : line).append('\n');
        }
        return text.substring(0, text.length() - 1);
    }

    @Property
    void noLineEndGoesOutAloneAndNoLineIsADot(@ForAll("texts") String text) throws IOException {
        String wire = sent(text);
        assertThat(wire.replace("\r\n", "")).doesNotContain("\r").doesNotContain("\n");
        assertThat(wire).matches(Pattern.compile("(.*\r\n)?", Pattern.DOTALL));
        assertThat(("\r\n" + wire).contains("\r\n.\r\n")).isFalse();
    }

    @Property
    void theServerGetsTheMessageBack(@ForAll("texts") String text) throws IOException {
        String whole = text.isEmpty() || text.endsWith("\n") ? text : text + "\n";
        // The known changes: a CR LF is one line end, a CR elsewhere a blank. At the end of a text it stood before one.
        assertThat(received(sent(text))).isEqualTo(whole.replace("\r\n", "\n").replace('\r', ' '));
    }

    @Property
    void theSizeToldIsWhatIsSentWithoutDoubledDots(@ForAll("texts") String text) throws IOException {
        MessageFacts facts = MessageFacts.of(new TestingMessage(text));
        assertThat(facts.size())
                .isEqualTo(received(sent(text)).replace("\n", "\r\n").length());
        assertThat(facts.eightBit()).isEqualTo(text.indexOf('\u00ff') >= 0);
    }

    @Example
    void examples() throws IOException {
        assertThat(sent(".\n..\na.b\n")).isEqualTo("..\r\n...\r\na.b\r\n");
        assertThat(sent("no end")).isEqualTo("no end\r\n");
        assertThat(sent("")).isEmpty();
        assertThat(sent("a\r.\rb\r\n")).isEqualTo("a . b\r\n");
        assertThat(sent("a\n\r.\n")).isEqualTo("a\r\n .\r\n");
        assertThat(sent("\n".repeat(10_000))).isEqualTo("\r\n".repeat(10_000));
    }
}
