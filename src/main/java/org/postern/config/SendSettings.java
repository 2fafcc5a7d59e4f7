package org.postern.config;

import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.postern.os.Octets;

/**
 * The settings of qmail-send, under the names of its control files (qmail-send(8)).
 *
 * @param envnoathost what an address without @ gets; default: me
 * @param locals the domains whose mail is delivered here, in lower case; default: me
 * @param percenthack the domains where user%host@ is undone, in lower case; default: none
 * @param virtualdomains an address, a domain, or a .suffix of domains, in lower case, to what is put before the address
 *     for local delivery; an empty value: an exception, not virtual; the key may be empty, for all; default: none
 * @param concurrencylocal local deliveries at a time, 0 to 2,000; default: 10
 * @param concurrencyremote remote deliveries at a time, 0 to 2,000; default: 20
 * @param queuelifetime after this a message is tried once more and then given up; default: 604,800 seconds
 * @param bouncefrom local part of the sender of bounces; default: MAILER-DAEMON
 * @param bouncehost its domain, and the host that bounces name; default: me
 * @param doublebounceto local part of who gets double bounces; empty: nobody; default: postmaster
 * @param doublebouncehost its domain; default: me
 * @param bouncemaxbytes a larger message is not sent back whole, only its header; default: 50,000 octets
 * @param delaynotify after this a sender is told that his message still waits; zero, the default: never
 */
public record SendSettings(
        String envnoathost,
        Set<String> locals,
        Set<String> percenthack,
        Map<String, String> virtualdomains,
        int concurrencylocal,
        int concurrencyremote,
        Duration queuelifetime,
        String bouncefrom,
        String bouncehost,
        String doublebounceto,
        String doublebouncehost,
        long bouncemaxbytes,
        Duration delaynotify) {
    /** More deliveries of a kind at a time there are never. */
    public static final int MAX_CONCURRENCY = 2000;

    public SendSettings {
        locals = Set.copyOf(locals);
        percenthack = Set.copyOf(percenthack);
        virtualdomains = Map.copyOf(virtualdomains);
        concurrencylocal = Math.clamp(concurrencylocal, 0, MAX_CONCURRENCY);
        concurrencyremote = Math.clamp(concurrencyremote, 0, MAX_CONCURRENCY);
    }

    /** All defaults, for a host of this name. */
    public static SendSettings defaults(String me) {
        return new SendSettings(
                me,
                Set.of(lower(me)),
                Set.of(),
                Map.of(),
                Settings.Send.CONCURRENCYLOCAL,
                Settings.Send.CONCURRENCYREMOTE,
                Settings.Send.QUEUELIFETIME,
                "MAILER-DAEMON",
                me,
                "postmaster",
                me,
                50_000,
                Duration.ZERO);
    }

    /** What postern.toml says beside the routing. */
    public SendSettings with(Settings.Send send) {
        return new SendSettings(
                envnoathost,
                lower(send.locals()),
                percenthack,
                Map.of(),
                send.concurrencylocal(),
                send.concurrencyremote(),
                send.queuelifetime(),
                bouncefrom,
                bouncehost,
                doublebounceto,
                doublebouncehost,
                bouncemaxbytes,
                send.delaynotify());
    }

    /** What HUP changes. */
    public SendSettings withRouting(Set<String> newLocals, Map<String, String> newVirtualdomains) {
        return new SendSettings(
                envnoathost,
                newLocals,
                percenthack,
                newVirtualdomains,
                concurrencylocal,
                concurrencyremote,
                queuelifetime,
                bouncefrom,
                bouncehost,
                doublebounceto,
                doublebouncehost,
                bouncemaxbytes,
                delaynotify);
    }

    /** The same, but for this. */
    public SendSettings withDelaynotify(Duration newDelaynotify) {
        return new SendSettings(
                envnoathost,
                locals,
                percenthack,
                virtualdomains,
                concurrencylocal,
                concurrencyremote,
                queuelifetime,
                bouncefrom,
                bouncehost,
                doublebounceto,
                doublebouncehost,
                bouncemaxbytes,
                newDelaynotify);
    }

    /**
     * Reads qmail's control directory. Without {@code me}, a name that defaults to it is the file's own name
     * (qmail-control(9)).
     *
     * @throws IOException where a file cannot be read, or neither {@code me} nor {@code locals} is there
     */
    public static SendSettings read(QmailControl control) throws IOException {
        SendSettings defaults = defaults(control.me().orElse(""));
        return new SendSettings(
                meOr(control, "envnoathost"),
                locals(control),
                lower(control.lines("percenthack").orElse(List.of())),
                virtualdomains(control),
                number(control, "concurrencylocal", defaults.concurrencylocal),
                number(control, "concurrencyremote", defaults.concurrencyremote),
                seconds(control, "queuelifetime", defaults.queuelifetime),
                control.line("bouncefrom").orElse(defaults.bouncefrom),
                meOr(control, "bouncehost"),
                control.line("doublebounceto").orElse(defaults.doublebounceto),
                meOr(control, "doublebouncehost"),
                control.number("bouncemaxbytes").orElse(defaults.bouncemaxbytes),
                seconds(control, "delaynotify", defaults.delaynotify));
    }

    /** {@code locals}; where missing, {@code me}. */
    public static Set<String> locals(QmailControl control) throws IOException {
        List<String> lines = control.lines("locals").orElse(null);
        if (lines != null) {
            return lower(lines);
        }
        String me = control.me()
                .orElseThrow(() -> new IOException(
                        "neither " + control.directory().resolve("locals") + " nor me is there: write the host's name"
                                + " into " + control.directory().resolve("me")));
        return Set.of(lower(me));
    }

    /** {@code virtualdomains}: {@code key:prepend} lines; a line without a colon does not count. */
    public static Map<String, String> virtualdomains(QmailControl control) throws IOException {
        Map<String, String> map = new HashMap<>();
        for (String line : control.lines("virtualdomains").orElse(List.of())) {
            int colon = line.indexOf(':');
            if (colon >= 0) {
                map.put(lower(line.substring(0, colon)), line.substring(colon + 1));
            }
        }
        return map;
    }

    private static String meOr(QmailControl control, String name) throws IOException {
        String line = control.line(name).orElse(null);
        return line != null ? line : control.me().orElse(name);
    }

    private static int number(QmailControl control, String name, int otherwise) throws IOException {
        return control.number(name).map(n -> (int) Math.min(n, MAX_CONCURRENCY)).orElse(otherwise);
    }

    private static Duration seconds(QmailControl control, String name, Duration otherwise) throws IOException {
        return control.number(name)
                .map(s -> Duration.ofSeconds(Math.min(s, Integer.MAX_VALUE)))
                .orElse(otherwise);
    }

    private static Set<String> lower(List<String> lines) {
        Set<String> set = new HashSet<>();
        lines.forEach(line -> set.add(lower(line)));
        return set;
    }

    private static String lower(String text) {
        return Octets.lowerCase(text);
    }
}
