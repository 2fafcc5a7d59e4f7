package org.postern.gateway;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import org.postern.tcp.Listener;

/** A service that can be exchanged for another: new connections get that one, sessions under way keep theirs. */
final class Exchanged implements Listener.Service {
    private volatile Listener.Service current;

    Exchanged(Listener.Service first) {
        current = first;
    }

    void by(Listener.Service other) {
        current = other;
    }

    @Override
    public int run(SocketChannel channel, long id) {
        return current.run(channel, id);
    }

    @Override
    public void failed(IOException why) {
        current.failed(why);
    }
}
