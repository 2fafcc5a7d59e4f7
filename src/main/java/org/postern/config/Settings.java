package org.postern.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What {@code postern serve} is told: the record tree behind postern.toml. A setting has the name of qmail's control
 * file or of relay-ctrl's variable.
 *
 * @param me the host's name: in greetings, in Received lines, and the default of other names
 * @param home the state directory: queue, grants, Maildirs
 * @param pop3d the POP3 server
 * @param smtpd the SMTP server
 * @param relay who may relay
 * @param users who may log in
 * @param send where mail goes
 */
public record Settings(String me, Path home, Pop3d pop3d, Smtpd smtpd, Relay relay, Users users, Send send) {

    /** @param listen where to accept connections */
    public record Pop3d(List<HostPort> listen) {
        public Pop3d {
            listen = List.copyOf(listen);
        }
    }

    /**
     * The SMTP server.
     *
     * @param listen where to accept connections
     * @param rcpthosts domains that mail is taken for from anybody; default: me
     * @param databytes the largest message, in octets; 0: any size. Default: 50 MB
     * @param dsn whether clients may say which notices their senders want (RFC 3461). Default: yes
     */
    public record Smtpd(List<HostPort> listen, List<String> rcpthosts, long databytes, boolean dsn) {
        public Smtpd {
            listen = List.copyOf(listen);
            rcpthosts = List.copyOf(rcpthosts);
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
     */
    public record Send(List<String> locals, List<SmtpRoute> smtproutes, Duration delaynotify) {
        public Send {
            locals = List.copyOf(locals);
            smtproutes = List.copyOf(smtproutes);
        }
    }
}
