package org.postern.mail;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.postern.os.Octets;

class Utf8Test {
    private static boolean javaSays(byte[] octets) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(octets)) != null;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    /** Four octets, with all the borders of RFC 3629 §4 at each place. */
    @Test
    void itIsAsJavaHasIt() {
        int[] borders = {
            0, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee,
            0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff
        };
        int wrong = 0;
        for (int a : borders) {
            for (int b : borders) {
                for (int c : borders) {
                    for (int d : borders) {
                        byte[] octets = {(byte) a, (byte) b, (byte) c, (byte) d};
                        wrong += Utf8.is(Octets.of(octets)) == javaSays(octets) ? 0 : 1;
                    }
                }
            }
        }
        assertThat(wrong).isZero();
        assertThat(Utf8.is("")).isTrue();
    }

    @Test
    void whatIsWrongIsKnownAtOnceAndStaysSo() {
        Utf8 utf8 = new Utf8();
        utf8.take((byte) 0xc3);
        assertThat(utf8.isWrong()).as("more may come").isFalse();
        utf8.take((byte) 'x');
        utf8.take((byte) 'x');
        assertThat(utf8.isWrong()).isTrue();
    }
}
