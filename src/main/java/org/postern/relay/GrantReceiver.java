package org.postern.relay;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.postern.os.Errno;
import org.postern.os.Octets;
import org.postern.tcp.IpAddress;
import org.postern.tcp.Network;

/**
 * Grants what {@link Announcer}s of listed machines tell, in relay-ctrl-udp's wire. The sender's address is all that
 * stands for it, and can be forged by whoever reaches the port: for a private link only.
 */
public final class GrantReceiver implements Closeable {
    /** The answer. */
    static final byte RECEIVED = 1;

    /** The longest text of an address, an IPv6 one, has 45 octets; what fills this is none. */
    private static final int MAX_OCTETS = 64;

    private static final Duration BETWEEN_WARNINGS = Duration.ofSeconds(1);

    private final DatagramChannel channel;
    private final List<Network> senders;
    private final GrantStore store;
    private final Consumer<String> warnings;
    private long lastWarning;
    private int swallowed;

    /** @param warnings takes a sentence for the log, at most one a second */
    public GrantReceiver(InetSocketAddress listen, List<Network> senders, GrantStore store, Consumer<String> warnings)
            throws IOException {
        this.channel = DatagramChannel.open();
        this.senders = List.copyOf(senders);
        this.store = store;
        this.warnings = warnings;
        this.lastWarning = System.nanoTime() - BETWEEN_WARNINGS.toNanos();
        try {
            channel.bind(listen);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** Receives until it is closed or its thread interrupted. */
    public void run() {
        ByteBuffer datagram = ByteBuffer.allocate(MAX_OCTETS);
        while (channel.isOpen()) {
            try {
                datagram.clear();
                InetSocketAddress from = (InetSocketAddress) channel.receive(datagram);
                take(from, Octets.of(datagram.array(), 0, datagram.position()));
            } catch (IOException e) {
                if (channel.isOpen()) {
                    warn("Could not receive or answer: " + Errno.text(e));
                }
            }
        }
    }

    private void take(InetSocketAddress from, String text) throws IOException {
        IpAddress sender = IpAddress.of(from.getAddress());
        if (senders.stream().noneMatch(n -> n.contains(sender))) {
            warn("Sender '" + sender + "' is not listed in $RELAY_CTRL_UDP_FROM.");
            return;
        }
        IpAddress granted = IpAddress.parse(text).orElse(null);
        if (granted == null) {
            warn("Invalid IP from '" + sender + "'.");
            return;
        }
        if (granted.isMachinesOwn()) {
            warn("'" + granted + "' from '" + sender + "' is another client there, so it is not granted here.");
            return;
        }
        switch (store.allow(granted, holderOf(granted))) {
            case Allowed.Written w -> channel.send(ByteBuffer.wrap(new byte[] {RECEIVED}), from);
            case Allowed.NotWritten n -> warn(n.why());
        }
    }

    /** The datagram names nobody, so a grant in force keeps its name: the original only touches the file. */
    private Holder holderOf(IpAddress granted) {
        return switch (store.check(granted)) {
            case Verdict.Granted g -> g.grants().getFirst().holder();
            case Verdict.NotGranted n -> Holder.UNNAMED;
            case Verdict.Unavailable u -> Holder.UNNAMED;
        };
    }

    /** A flood of garbage shall not become one of log lines. */
    private void warn(String sentence) {
        long now = System.nanoTime();
        if (now - lastWarning < BETWEEN_WARNINGS.toNanos()) {
            swallowed++;
            return;
        }
        warnings.accept(swallowed == 0 ? sentence : sentence + " (" + swallowed + " more warnings before)");
        lastWarning = now;
        swallowed = 0;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
