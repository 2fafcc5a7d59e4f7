package org.postern.tcp;

import java.util.ArrayList;
import java.util.List;

/**
 * A rule's address with a range of octets in it: 1.2.3.37-53, 10.2-3. (tcprules(1), ADDRESS RANGES).
 *
 * @param before what stands before the range
 * @param bottom unsigned; the first octet
 * @param top unsigned; the last octet as written, even above 255
 * @param behind what stands behind the range
 */
record AddressRange(String before, long bottom, long top, String behind) {
    private static final int HIGHEST = 255;

    /** What an address came to. */
    sealed interface Parsed {
        record Range(AddressRange range) implements Parsed {}

        /** No range in it; stored as it is. */
        record Plain() implements Parsed {}

        /** A range whose ends are no numbers. */
        record Bad() implements Parsed {}
    }

    /** Only the first {@code -} counts, and none where there is a {@code =} or {@code @}. */
    static Parsed parse(String address) {
        int dash = address.indexOf('-');
        if (dash < 0 || address.indexOf('=') >= 0 || address.indexOf('@') >= 0) {
            return new Parsed.Plain();
        }
        int left = address.lastIndexOf('.', dash) + 1;
        int dot = address.indexOf('.', dash);
        int right = dot < 0 ? address.length() : dot;
        String bottom = upToNul(address.substring(left, dash));
        String top = upToNul(address.substring(dash + 1, right));
        if (!isDigits(bottom) || !isDigits(top)) {
            return new Parsed.Bad();
        }
        return new Parsed.Range(
                new AddressRange(address.substring(0, left), number(bottom), number(top), address.substring(right)));
    }

    /** The addresses that it abbreviates; none of them above 255, none at all where the range is reversed. */
    List<String> addresses() {
        List<String> addresses = new ArrayList<>();
        if (Long.compareUnsigned(bottom, HIGHEST) <= 0) {
            long last = isCut() ? HIGHEST : top;
            for (long octet = bottom; octet <= last; octet++) {
                addresses.add(before + octet + behind);
            }
        }
        return addresses;
    }

    /** Whether it was written to go on above 255. */
    boolean isCut() {
        return Long.compareUnsigned(top, HIGHEST) > 0;
    }

    String written() {
        return Long.toUnsignedString(bottom) + "-" + Long.toUnsignedString(top);
    }

    /** The original reads its numbers as C strings. */
    private static String upToNul(String text) {
        int nul = text.indexOf('\0');
        return nul < 0 ? text : text.substring(0, nul);
    }

    private static boolean isDigits(String text) {
        return text.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    /** scan_ulong: the empty text is 0, and what has more than 64 bits goes round. */
    private static long number(String digits) {
        long number = 0;
        for (int i = 0; i < digits.length(); i++) {
            number = 10 * number + digits.charAt(i) - '0';
        }
        return number;
    }
}
