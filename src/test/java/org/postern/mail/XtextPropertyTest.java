package org.postern.mail;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class XtextPropertyTest {
    @Provide
    Arbitrary<String> octets() {
        return Arbitraries.strings().withCharRange((char) 0, (char) 255).ofMaxLength(60);
    }

    /** Mostly plus signs and digits, so that escapes come up whole and broken. */
    @Provide
    Arbitrary<String> hostile() {
        return Arbitraries.strings()
                .withChars('+', '2', 'B', 'b', 'g', '=', ' ', '\0', '\u00e9')
                .ofMaxLength(12);
    }

    @Property
    void whatIsEncodedIsDecodedAgain(@ForAll("octets") String text) {
        assertThat(Xtext.encode(text)).matches("(?:[!-*,-<>-~]|\\+[0-9A-F]{2})*");
        assertThat(Xtext.decode(Xtext.encode(text))).contains(text);
    }

    /** Read by a pattern instead: what it does not match is no xtext. */
    @Property(tries = 5000)
    void nothingElseIsXtext(@ForAll("hostile") String text) {
        assertThat(Xtext.decode(text).isPresent()).isEqualTo(text.matches("(?:[!-*,-<>-~]|\\+[0-9A-Fa-f]{2})*"));
    }

    @Test
    void itLooksAsInTheRfc() {
        assertThat(Xtext.encode("a+b=c d@example.com")).isEqualTo("a+2Bb+3Dc+20d@example.com");
        assertThat(Xtext.decode("a+2bb")).contains("a+b");
    }
}
