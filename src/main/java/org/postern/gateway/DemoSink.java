package org.postern.gateway;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.postern.config.RcptHosts;
import org.postern.config.Settings;
import org.postern.config.SmtpdSettings;
import org.postern.event.Event;
import org.postern.event.Events;
import org.postern.mail.Envelope;
import org.postern.os.Octets;
import org.postern.queue.Intake;
import org.postern.smtpd.LocalIpHost;
import org.postern.smtpd.Manners;
import org.postern.smtpd.Peer;
import org.postern.smtpd.Policy;
import org.postern.smtpd.Session;
import org.postern.smtpd.Site;
import org.postern.tcp.Connection;
import org.postern.tcp.Listener;
import org.postern.tcp.SocketWire;

/** The demo's rest of the world: an SMTP server on loopback that takes every message, and prints who sent it to whom. */
final class DemoSink implements Listener.Service {
    private static final int SHOWN_OCTETS = 4096;

    private final Site site;
    private final Events events;
    private final AtomicLong number = new AtomicLong();

    DemoSink(Settings settings, Events events) {
        this.events = events;
        this.site = new Site(
                SmtpdSettings.of(
                        "elsewhere.example", RcptHosts.of(settings.smtpd().rcpthosts())),
                Manners.serve(),
                new LocalIpHost(Optional.empty(), address -> false),
                Printing::new,
                InstantSource.system());
    }

    @Override
    public void failed(IOException why) {
        events.tell(new Event.Trouble("demo sink: " + why.getMessage()));
    }

    @Override
    public int run(SocketChannel channel, long id) {
        Policy everything = (sender, user) -> rcpt -> new Policy.Verdict.Accepted(rcpt);
        try (Connection connection = new Connection(new SocketWire(channel))) {
            Peer peer = new Peer("127.0.0.1", Peer.UNKNOWN, Optional.empty(), "127.0.0.1");
            new Session(site, connection, peer, everything, event -> {}).run();
            return 0;
        } catch (IOException e) {
            return 1 << 8;
        }
    }

    /** A message that arrives: its first octets are kept to be shown, the rest is counted. */
    private final class Printing implements Intake.Draft {
        private final ByteArrayOutputStream start = new ByteArrayOutputStream();
        private long octets;

        @Override
        public void write(byte[] from, int offset, int length) {
            octets += length;
            start.write(from, offset, Math.min(length, SHOWN_OCTETS - start.size()));
        }

        @Override
        public Intake.Outcome commit(Envelope envelope) {
            long n = number.incrementAndGet();
            events.tell(new Event.Note("demo sink: message " + n + " of " + octets + " octets arrived from <"
                    + envelope.sender() + "> to " + envelope.recipients()));
            Octets.of(start.toByteArray()).lines().forEach(line -> events.tell(new Event.Note("demo sink:   " + line)));
            return new Intake.Outcome.Queued(n);
        }

        @Override
        public void close() {}
    }
}
