package org.postern.chain;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.postern.os.Octets;
import org.postern.tcp.Connection;
import org.postern.tcp.SocketWire;

/** A real connection on loopback, with the client's end in hand. */
public final class TestingSocket implements Closeable {
    private final SocketChannel client;
    private final SocketChannel server;
    private final Connection connection;

    public TestingSocket() throws IOException {
        try (ServerSocketChannel listener = ServerSocketChannel.open()) {
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            client = SocketChannel.open(listener.getLocalAddress());
            server = listener.accept();
        }
        connection = new Connection(new SocketWire(server));
    }

    public Connection connection() {
        return connection;
    }

    public void send(String octets) throws IOException {
        client.socket().getOutputStream().write(Octets.bytes(octets));
    }

    /** The client sends no more. */
    public void endInput() throws IOException {
        client.shutdownOutput();
    }

    /** All that the server's side sends until it closes. */
    public String receiveAll() throws IOException {
        server.close();
        return Octets.of(client.socket().getInputStream().readAllBytes());
    }

    @Override
    public void close() throws IOException {
        client.close();
        server.close();
    }
}
