package org.postern.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What {@code postern serve} is told: the record tree behind postern.toml. A setting has the name of qmail's control
 * file or of relay-ctrl's variable.
 *
 * @param me the host's name: in greetings, in Received lines, and the default of other names
 * @param home the state directory: queue, grants, Maildirs
 * @param user who serve is once its ports are bound, where root starts it; empty: it stays root
 * @param group his group; empty: the one that the system has for him
 * @param tls the servers' certificates, the first for clients that name no host: the tables {@code [[tls]]}; without one
 *     there is no TLS
 * @param pop3d the POP3 server
 * @param smtpd the SMTP server
 * @param submission the SMTP server for users' programs
 * @param relay who may relay
 * @param users who may log in
 * @param send where mail goes
 */
public record Settings(
        String me,
        Path home,
        Optional<String> user,
        Optional<String> group,
        List<TlsFiles> tls,
        Pop3d pop3d,
        Smtpd smtpd,
        Submission submission,
        Relay relay,
        Users users,
        Send send) {
    public Settings {
        tls = List.copyOf(tls);
    }

    /**
     * Where to accept connections.
     *
     * @param clear in clear, to go on under TLS by STLS or STARTTLS where there is a certificate
     * @param tls under TLS from the first octet on
     */
    public record Listen(List<HostPort> clear, List<HostPort> tls) {
        public Listen {
            clear = List.copyOf(clear);
            tls = List.copyOf(tls);
        }

        /** In clear alone. */
        public Listen(List<HostPort> clear) {
            this(clear, List.of());
        }

        public List<HostPort> all() {
            return Stream.concat(clear.stream(), tls.stream()).toList();
        }
    }

    /**
     * The POP3 server.
     *
     * @param listen {@code listen} and {@code listen_tls}
     * @param clearPassword {@code clear_password}: whether a client may log in without TLS. Default: only where there is
     *     no certificate, and then all of {@code listen} must be loopback
     */
    public record Pop3d(Listen listen, boolean clearPassword) {}

    /**
     * The SMTP server.
     *
     * @param listen {@code listen} and {@code listen_tls}
     * @param rcpthosts domains that mail is taken for from anybody; default: me
     * @param databytes the largest message, in octets; 0: any size. Default: 50 MB
     * @param dsn whether clients may say which notices their senders want (RFC 3461). Default: yes
     * @param auth whether users may log in here, too, and then relay. Default: no
     * @param clearPassword {@code clear_password}: whether they may without TLS; default as that of {@link Pop3d}
     */
    public record Smtpd(
            Listen listen, List<String> rcpthosts, long databytes, boolean dsn, boolean auth, boolean clearPassword) {
        public Smtpd {
            rcpthosts = List.copyOf(rcpthosts);
        }
    }

    /**
     * The submission server (RFC 6409): nobody sends by it who has not logged in.
     *
     * @param listen {@code listen} and {@code listen_tls}; default: nowhere
     * @param clearPassword {@code clear_password}: whether a client may log in without TLS; default as that of {@link
     *     Pop3d}
     * @param senders whose address a user may give as the sender; counts where {@code smtpd.auth} is set as well.
     *     Default: his own
     */
    public record Submission(Listen listen, boolean clearPassword, Senders senders) {
        public static final Submission NONE = new Submission(new Listen(List.of()), false, Senders.OWN);

        /** What {@code senders} may be. */
        public enum Senders {
            /** The user's name at a domain of {@code send.locals}, and a name that is an address itself. */
            OWN,
            /** Every address at those domains. */
            DOMAINS,
            ANY
        }
    }

    /** @param expiry how long after a POP login its address may relay; in seconds in the file. Default: 600 s */
    public record Relay(Duration expiry) {}

    /** @param file the accounts: a line each, name:{SCHEME}hash:uid:gid:gecos:home:shell */
    public record Users(Path file) {}

    /**
     * Delivery.
     *
     * @param locals domains delivered here; default: me
     * @param smtproutes where other mail goes: the lines {@code domain:host:port} of {@code send.smtproutes} and the
     *     tables {@code [[send.route]]}; without one, by MX
     * @param delaynotify after this a sender is told that his message still waits; in seconds in the file; zero, the
     *     default: never
     * @param dkim what the site's own mail is signed with: the tables {@code [[send.dkim]]}; default: nothing
     * @param concurrencylocal local deliveries at a time, 0 to 2,000; default: 10
     * @param concurrencyremote remote deliveries at a time, 0 to 2,000; default: 20
     * @param queuelifetime after this a message is tried once more and then given up; default: 604,800 seconds
     * @param destination the limit of each destination whose route has none; default: no limit
     */
    public record Send(
            List<String> locals,
            List<SmtpRoute> smtproutes,
            Duration delaynotify,
            DkimKeys dkim,
            int concurrencylocal,
            int concurrencyremote,
            Duration queuelifetime,
            DestinationLimit destination) {
        public static final int CONCURRENCYLOCAL = 10;
        public static final int CONCURRENCYREMOTE = 20;
        public static final Duration QUEUELIFETIME = Duration.ofDays(7);

        /** With all other defaults. */
        public Send(List<String> locals, List<SmtpRoute> smtproutes, DkimKeys dkim) {
            this(
                    locals,
                    smtproutes,
                    Duration.ZERO,
                    dkim,
                    CONCURRENCYLOCAL,
                    CONCURRENCYREMOTE,
                    QUEUELIFETIME,
                    DestinationLimit.NONE);
        }

        public Send {
            locals = List.copyOf(locals);
            smtproutes = List.copyOf(smtproutes);
        }
    }
}
