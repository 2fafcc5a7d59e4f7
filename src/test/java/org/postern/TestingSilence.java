package org.postern;

import static org.awaitility.Awaitility.await;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.postern.remote.TestingSmtpServer;

/** A port of loopback at which a connection times out: its backlog is full, so the system drops what asks for one. */
final class TestingSilence implements Closeable {
    private static final int PROBE_MILLIS = 300;

    private final ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    private final List<Socket> waiting = new ArrayList<>();

    TestingSilence() throws IOException {
        await().until(this::isFull);
    }

    private boolean isFull() throws IOException {
        Socket socket = new Socket();
        try {
            socket.connect(new InetSocketAddress(listener.getInetAddress(), port()), PROBE_MILLIS);
            waiting.add(socket);
            return false;
        } catch (SocketTimeoutException e) {
            socket.close();
            return true;
        }
    }

    int port() {
        return listener.getLocalPort();
    }

    /** From now on there is a server at the port. What has waited for it is gone, and its sessions are empty. */
    TestingSmtpServer answer() throws IOException {
        for (Socket socket : waiting) {
            socket.close();
        }
        return TestingSmtpServer.on(listener, Map.of());
    }

    @Override
    public void close() throws IOException {
        for (Socket socket : waiting) {
            socket.close();
        }
        listener.close();
    }
}
