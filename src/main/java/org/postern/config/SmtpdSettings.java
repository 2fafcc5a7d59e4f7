package org.postern.config;

import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.postern.chain.Env;
import org.postern.os.Octets;

/**
 * What the SMTP server is told by its site. Each component has the name of its file in qmail's control directory
 * (qmail-smtpd(8)); the last five are ours, the original has no such limits.
 *
 * @param smtpgreeting what the greeting and the replies to HELO, EHLO and QUIT begin with; default: {@code me}
 * @param localiphost what stands in place of this host's own address in {@code user@[192.0.2.1]}; default: {@code me};
 *     without both an address literal stays as it is
 * @param rcpthosts the domains that mail is taken for from anyone; no default: see {@link RcptHosts}
 * @param badmailfrom senders whose recipients are all refused: {@code user@host} or {@code @host}, lower case; default:
 *     none
 * @param databytes the largest message in octets as stored, without the Received line; 0, the default: no limit. The
 *     environment's DATABYTES overrides the file
 * @param timeoutsmtpd how long the client may be silent, or refuse to take a reply; default: 1200 seconds
 * @param maxcommand the longest command in octets without its end; default: 2048, which is RFC 5321's 512 and the
 *     parameters of every extension we know; never below 512
 * @param maxline the longest line of a message in octets without its end; default: 1048576; never below RFC 5321's 998
 * @param maxrecipients the most recipients named in a transaction, refused ones included; default: 1000; never below RFC
 *     5321's 100
 * @param maxbadcommands how many commands may be unknown, malformed or out of order before the session is ended;
 *     default: 100
 * @param dsn whether clients may say which notices their senders want (RFC 3461); default: not, as the original. The
 *     environment's QMAILQUEUE takes it away: a foreign qmail-queue has no place for it
 */
public record SmtpdSettings(
        String smtpgreeting,
        Optional<String> localiphost,
        RcptHosts rcpthosts,
        Set<String> badmailfrom,
        long databytes,
        Duration timeoutsmtpd,
        int maxcommand,
        int maxline,
        int maxrecipients,
        int maxbadcommands,
        boolean dsn) {
    public static final Duration TIMEOUTSMTPD = Duration.ofMinutes(20);
    public static final int MAXCOMMAND = 2048;
    public static final int MAXLINE = 1 << 20;
    public static final int MAXRECIPIENTS = 1000;
    public static final int MAXBADCOMMANDS = 100;

    /** The name of the environment variable that overrides {@code databytes}. */
    public static final String DATABYTES = "DATABYTES";

    /** The name of the environment variable that names a foreign qmail-queue. */
    private static final String QMAILQUEUE = "QMAILQUEUE";

    private static final long LONGEST_TIMEOUT_SECONDS = 1_000_000_000;
    private static final int LEAST_COMMAND = 512;
    private static final int LEAST_LINE = 998;
    private static final int LEAST_RECIPIENTS = 100;

    public SmtpdSettings {
        badmailfrom = Set.copyOf(badmailfrom);
        if (databytes < 0) {
            throw new IllegalArgumentException("databytes is negative: " + databytes);
        }
        if (!timeoutsmtpd.isPositive()) {
            throw new IllegalArgumentException("timeoutsmtpd is not positive: " + timeoutsmtpd);
        }
        maxcommand = Math.max(maxcommand, LEAST_COMMAND);
        maxline = Math.max(maxline, LEAST_LINE);
        maxrecipients = Math.max(maxrecipients, LEAST_RECIPIENTS);
        maxbadcommands = Math.max(maxbadcommands, 1);
    }

    /** All by default, for a host of this name that takes mail for these domains. */
    public static SmtpdSettings of(String me, RcptHosts rcpthosts) {
        return new SmtpdSettings(
                me,
                Optional.of(me),
                rcpthosts,
                Set.of(),
                0,
                TIMEOUTSMTPD,
                MAXCOMMAND,
                MAXLINE,
                MAXRECIPIENTS,
                MAXBADCOMMANDS,
                false);
    }

    /**
     * Reads qmail's control directory.
     *
     * @throws IOException where a file is there and cannot be read, or neither smtpgreeting nor me is there; the message
     *     names the file
     */
    public static SmtpdSettings read(QmailControl control) throws IOException {
        Optional<String> me = control.me();
        String greeting = control.line("smtpgreeting")
                .or(() -> me)
                .orElseThrow(() -> new IOException(
                        control.directory().resolve("me") + ": there is no such file; put this host's name into it"));
        return new SmtpdSettings(
                greeting,
                control.line("localiphost").or(() -> me),
                RcptHosts.read(control),
                lowerCased(control.lines("badmailfrom").orElse(List.of())),
                control.number("databytes").orElse(0L),
                Duration.ofSeconds(Math.clamp(
                        control.number("timeoutsmtpd").orElse(TIMEOUTSMTPD.toSeconds()), 1, LONGEST_TIMEOUT_SECONDS)),
                count(control, "maxcommand", MAXCOMMAND),
                count(control, "maxline", MAXLINE),
                count(control, "maxrecipients", MAXRECIPIENTS),
                count(control, "maxbadcommands", MAXBADCOMMANDS),
                control.number("dsn").orElse(0L) > 0);
    }

    /**
     * The settings for a program with this environment: DATABYTES overrides the file. A value that is no number counts
     * as 0, as scan_ulong leaves it.
     */
    public SmtpdSettings in(Env env) {
        String databytesThere = env.get(DATABYTES);
        long octets = databytesThere == null
                ? databytes
                : QmailControl.leadingNumber(databytesThere).orElse(0L);
        return new SmtpdSettings(
                smtpgreeting,
                localiphost,
                rcpthosts,
                badmailfrom,
                octets,
                timeoutsmtpd,
                maxcommand,
                maxline,
                maxrecipients,
                maxbadcommands,
                dsn && !env.has(QMAILQUEUE));
    }

    private static int count(QmailControl control, String name, int otherwise) throws IOException {
        return Math.clamp(control.number(name).orElse((long) otherwise), 0, Integer.MAX_VALUE);
    }

    static Set<String> lowerCased(List<String> lines) {
        Set<String> names = new HashSet<>();
        lines.forEach(line -> names.add(Octets.lowerCase(line)));
        return names;
    }
}
