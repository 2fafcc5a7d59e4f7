package org.postern.remote;

import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.Optional;
import org.postern.tcp.IpAddress;

/**
 * A host on which connections timed out: a line of the file tcpto, {@code ADDRESS PORT COUNT SECONDS}.
 *
 * @param count how often, less than two minutes apart once; at most {@link #MOST}
 * @param last when it was counted last
 */
public record TimedOut(InetSocketAddress host, int count, Instant last) {
    /** The original counts no further. */
    public static final int MOST = 10;

    private static final int SMTP = 25;

    /** As the file has it. */
    String line() {
        return address() + " " + host.getPort() + " " + count + " " + last.getEpochSecond();
    }

    /** Empty for what is no such line. */
    public static Optional<TimedOut> parse(String line) {
        String[] words = line.split(" ", -1);
        if (words.length != 4
                || !isNumber(words[1], 65_535)
                || !isNumber(words[2], MOST)
                || !isNumber(words[3], Integer.MAX_VALUE)) {
            return Optional.empty();
        }
        return IpAddress.parse(words[0])
                .map(address -> new TimedOut(
                        new InetSocketAddress(address.inet(), Integer.parseInt(words[1])),
                        Integer.parseInt(words[2]),
                        Instant.ofEpochSecond(Long.parseLong(words[3]))));
    }

    private static boolean isNumber(String word, long most) {
        return !word.isEmpty()
                && word.length() <= 10
                && word.chars().allMatch(c -> c >= '0' && c <= '9')
                && Long.parseLong(word) >= 1
                && Long.parseLong(word) <= most;
    }

    /** For people: the port where it is not SMTP's. */
    public String shown() {
        String address = address();
        return host.getPort() == SMTP
                ? address
                : (address.indexOf(':') < 0 ? address : "[" + address + "]") + ":" + host.getPort();
    }

    private String address() {
        return IpAddress.of(host.getAddress()).toString();
    }
}
