package org.postern.tcp;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Optional;

/**
 * An IP address in its one canonical form: an IPv4-mapped IPv6 address is the IPv4 address, a zone id is cut, and the
 * text is RFC 5952's. Equal addresses have equal text, so the text may name a file.
 */
public final class IpAddress {
    private final byte[] octets;

    private IpAddress(byte[] octets) {
        this.octets = octets;
    }

    public static IpAddress of(InetAddress address) {
        return ofOctets(address.getAddress());
    }

    /** @param octets 4 or 16 of them, in network order */
    public static IpAddress ofOctets(byte[] octets) {
        if (octets.length == 16 && isMapped(octets)) {
            return new IpAddress(Arrays.copyOfRange(octets, 12, 16));
        }
        if (octets.length != 4 && octets.length != 16) {
            throw new IllegalArgumentException("an address has 4 or 16 octets, not " + octets.length);
        }
        return new IpAddress(octets.clone());
    }

    /** Itself, or of IPv6 the first address of its /64: what one client has, as a rule. */
    public IpAddress network() {
        return octets.length == 4 ? this : new IpAddress(Arrays.copyOf(Arrays.copyOf(octets, 8), 16));
    }

    /** Reads a literal; empty for anything else: 999.999.999.999, "", "..", 1.2.3, 01.2.3.4, host names. */
    public static Optional<IpAddress> parse(String text) {
        byte[] octets = text.indexOf(':') >= 0 ? parseV6(text) : parseV4(text);
        return octets.length == 0 ? Optional.empty() : Optional.of(ofOctets(octets));
    }

    private static final byte[] NONE = new byte[0];

    private static byte[] parseV4(String text) {
        String[] parts = text.split("\\.", -1);
        if (parts.length != 4) {
            return NONE;
        }
        byte[] octets = new byte[4];
        for (int i = 0; i < 4; i++) {
            String p = parts[i];
            if (p.isEmpty() || p.length() > 3 || (p.length() > 1 && p.charAt(0) == '0') || !isDigits(p)) {
                return NONE;
            }
            int value = Integer.parseInt(p);
            if (value > 255) {
                return NONE;
            }
            octets[i] = (byte) value;
        }
        return octets;
    }

    private static byte[] parseV6(String text) {
        int zone = text.indexOf('%');
        String t = zone >= 0 ? text.substring(0, zone) : text;
        int gap = t.indexOf("::");
        if (gap >= 0 && t.indexOf("::", gap + 1) >= 0) {
            return NONE;
        }
        byte[] head = gap >= 0 ? groups(t.substring(0, gap), false) : groups(t, true);
        byte[] tail = gap >= 0 ? groups(t.substring(gap + 2), true) : NONE;
        if (head.length == 1 || tail.length == 1) {
            return NONE;
        }
        int length = head.length + tail.length;
        if (gap >= 0 ? length > 14 : length != 16) {
            return NONE;
        }
        byte[] octets = new byte[16];
        System.arraycopy(head, 0, octets, 0, head.length);
        System.arraycopy(tail, 0, octets, 16 - tail.length, tail.length);
        return octets;
    }

    private static final byte[] BAD = new byte[1];

    /** Colon-separated groups, the address's last perhaps a dotted quad; {@link #BAD} where that is not what it is. */
    private static byte[] groups(String text, boolean toTheEnd) {
        if (text.isEmpty()) {
            return NONE;
        }
        String[] parts = text.split(":", -1);
        byte[] octets = new byte[16];
        int n = 0;
        for (int i = 0; i < parts.length; i++) {
            String p = parts[i];
            if (toTheEnd && i == parts.length - 1 && p.indexOf('.') >= 0) {
                byte[] v4 = parseV4(p);
                if (v4.length == 0 || n > 12) {
                    return BAD;
                }
                System.arraycopy(v4, 0, octets, n, 4);
                n += 4;
            } else {
                if (p.isEmpty() || p.length() > 4 || n > 14) {
                    return BAD;
                }
                int value = 0;
                for (int k = 0; k < p.length(); k++) {
                    int digit = p.charAt(k) < 128 ? Character.digit(p.charAt(k), 16) : -1;
                    if (digit < 0) {
                        return BAD;
                    }
                    value = value << 4 | digit;
                }
                octets[n++] = (byte) (value >> 8);
                octets[n++] = (byte) value;
            }
        }
        return Arrays.copyOf(octets, n);
    }

    private static boolean isDigits(String text) {
        return text.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    private static boolean isMapped(byte[] o) {
        for (int i = 0; i < 10; i++) {
            if (o[i] != 0) {
                return false;
            }
        }
        return o[10] == -1 && o[11] == -1;
    }

    public boolean isV6() {
        return octets.length == 16;
    }

    public boolean isLoopback() {
        return isV6()
                ? equals(ofOctets(new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}))
                : octets[0] == 127;
    }

    /** Loopback, unspecified or link-local: told to another machine, it would mean somebody else there. */
    public boolean isMachinesOwn() {
        InetAddress inet = inet();
        return isLoopback() || inet.isAnyLocalAddress() || inet.isLinkLocalAddress();
    }

    /** Whether an interface of this host has it, asked anew each time. */
    public boolean isOfThisHost() {
        try {
            return NetworkInterface.getByInetAddress(inet()) != null;
        } catch (SocketException e) {
            return false;
        }
    }

    public InetAddress inet() {
        try {
            return InetAddress.getByAddress(octets);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whether the first {@code prefix} bits are the same; false between the families. */
    public boolean inNetwork(IpAddress network, int prefix) {
        if (octets.length != network.octets.length || prefix > octets.length * 8) {
            return false;
        }
        int whole = prefix / 8;
        if (!Arrays.equals(octets, 0, whole, network.octets, 0, whole)) {
            return false;
        }
        int rest = prefix % 8;
        return rest == 0 || ((octets[whole] ^ network.octets[whole]) & 0xff) >> (8 - rest) == 0;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof IpAddress a && Arrays.equals(octets, a.octets);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(octets);
    }

    /** RFC 5952: lower case, no leading zeros, the longest run of zero groups (two or more) as "::". */
    @Override
    public String toString() {
        if (!isV6()) {
            return (octets[0] & 255) + "." + (octets[1] & 255) + "." + (octets[2] & 255) + "." + (octets[3] & 255);
        }
        int from = -1;
        int length = 1;
        for (int i = 0; i < 8; i++) {
            int n = 0;
            while (i + n < 8 && group(i + n) == 0) {
                n++;
            }
            if (n > length) {
                from = i;
                length = n;
            }
        }
        StringBuilder text = new StringBuilder(39);
        for (int i = 0; i < 8; i++) {
            if (i == from) {
                text.append("::");
                i += length - 1;
            } else {
                if (i > 0 && i != from + length) {
                    text.append(':');
                }
                text.append(Integer.toHexString(group(i)));
            }
        }
        return text.toString();
    }

    private int group(int i) {
        return (octets[2 * i] & 255) << 8 | octets[2 * i + 1] & 255;
    }
}
