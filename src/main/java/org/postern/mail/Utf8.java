package org.postern.mail;

/** Whether octets that come one after the other are UTF-8 (RFC 3629 §4). */
public final class Utf8 {
    private int missing;
    private int least;
    private int most;
    private boolean wrong;

    public void take(byte octet) {
        int c = octet & 0xff;
        if (missing > 0) {
            wrong |= c < least || c > most;
            missing--;
            least = 0x80;
            most = 0xbf;
            return;
        }
        // The second octet is bounded, so that nothing is longer than it must be, a surrogate, or above U+10FFFF.
        least = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
        most = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
        if (c >= 0xc2 && c <= 0xdf) {
            missing = 1;
        } else if (c >= 0xe0 && c <= 0xef) {
            missing = 2;
        } else if (c >= 0xf0 && c <= 0xf4) {
            missing = 3;
        } else {
            wrong |= c >= 0x80;
        }
    }

    /** Whether something was no UTF-8, whatever may come yet. */
    public boolean isWrong() {
        return wrong;
    }

    /** Whether an octet string is UTF-8; ASCII is. */
    public static boolean is(String octets) {
        Utf8 utf8 = new Utf8();
        octets.chars().forEach(c -> utf8.take((byte) c));
        return !utf8.wrong && utf8.missing == 0;
    }
}
