package org.postern.maildir;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.postern.os.Octets;

class SizesPropertyTest {
    @Provide
    Arbitrary<String> texts() {
        return Arbitraries.strings().withChars('\r', '\n', 'a', '.').ofMaxLength(40);
    }

    private static Sizes of(String text, int cut) {
        byte[] octets = Octets.bytes(text);
        Sizes sizes = new Sizes();
        sizes.count(octets, 0, cut);
        sizes.count(octets, cut, octets.length - cut);
        return sizes;
    }

    /** What a server sends: written as simply as can be, to be compared with. */
    private static String sent(String text) {
        String whole = text.isEmpty() || text.endsWith("\n") ? text : text + "\n";
        StringBuilder sent = new StringBuilder();
        for (int i = 0; i < whole.length(); i++) {
            boolean last = i == text.length();
            if (whole.charAt(i) == '\n' && (i == 0 || last || whole.charAt(i - 1) != '\r')) {
                sent.append('\r');
            }
            sent.append(whole.charAt(i));
        }
        return sent.toString();
    }

    @Property
    void sizesAreThoseOfTheFileAndOfWhatIsSent(@ForAll("texts") String text, @ForAll int place) {
        Sizes sizes = of(text, Math.floorMod(place, text.length() + 1));
        assertThat(sizes.stored()).isEqualTo(text.length());
        assertThat(sizes.sent()).isEqualTo(sent(text).length());
    }

    @Example
    void examples() {
        assertThat(of("a\nb\n", 0).sent()).isEqualTo(6);
        assertThat(of("a\r\nb\n", 2).sent()).isEqualTo(6);
        assertThat(of("a\rb\n", 1).sent()).isEqualTo(5);
        assertThat(of("a\nb", 0).sent()).isEqualTo(6);
        assertThat(of("", 0).sent()).isZero();
    }
}
