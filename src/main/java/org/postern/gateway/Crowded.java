package org.postern.gateway;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import org.postern.event.Event;
import org.postern.event.Events;
import org.postern.os.Octets;
import org.postern.tcp.AddressCounts;
import org.postern.tcp.IpAddress;
import org.postern.tcp.Listener;
import org.postern.tcp.SocketWire;

/**
 * A service that serves only so many sessions of an address at a time. The next one is told so, where that can be said in
 * clear, and closed.
 *
 * @param refusal a line of the protocol, with its end; empty: nothing is said
 */
record Crowded(Listener.Service service, AddressCounts counts, int most, String refusal, String protocol, Events events)
        implements Listener.Service {
    private static final Duration LIMIT = Duration.ofSeconds(5);

    /** The wait(2) status of a session that was refused. */
    private static final int REFUSED = 111 << 8;

    @Override
    public int run(SocketChannel channel, long id) {
        IpAddress client;
        try {
            client = IpAddress.of(((InetSocketAddress) channel.getRemoteAddress()).getAddress());
        } catch (IOException e) {
            return REFUSED; // It has gone.
        }
        try {
            if (counts.enter(client) > most) {
                refuse(channel, client, id);
                return REFUSED;
            }
            return service.run(channel, id);
        } finally {
            counts.leave(client);
        }
    }

    private void refuse(SocketChannel channel, IpAddress client, long id) {
        events.tell(new Event.Note(protocol + " " + id + ": refused ip=" + client + ": it has " + most
                + " sessions already, the most an address may have"));
        try {
            byte[] octets = Octets.bytes(refusal);
            new SocketWire(channel).write(octets, 0, octets.length, LIMIT);
        } catch (IOException e) {
            // It would have been told.
            return;
        }
    }

    @Override
    public void failed(IOException why) {
        service.failed(why);
    }
}
