package org.postern.tcp;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketTimeoutException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;

/** TLS over a connected socket, on either side. */
public final class TlsWire implements Wire {
    /** RFC 8996: none older. */
    private static final String[] SERVER_PROTOCOLS = {"TLSv1.3", "TLSv1.2"};

    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(2);

    private final SocketChannel channel;
    private final SSLSocket socket;
    private final InputStream in;
    private final OutputStream out;
    private int timeoutMillis = -1;

    private TlsWire(SocketChannel channel, SSLSocket socket) throws IOException {
        this.channel = channel;
        this.socket = socket;
        this.in = socket.getInputStream();
        this.out = socket.getOutputStream();
    }

    /**
     * Does the client's side of the handshake.
     *
     * @param peer the host's name, told to it (SNI); an IP address is not
     * @param nameChecked whether the certificate must have that name (RFC 9525) or address
     * @param limit how long the host may be silent, or take nothing
     * @throws IOException where it fails: an {@link javax.net.ssl.SSLException} says why
     */
    public static TlsWire handshake(
            SocketChannel channel, SSLContext context, String peer, boolean nameChecked, Duration limit)
            throws IOException {
        SSLSocket socket = (SSLSocket) context.getSocketFactory()
                .createSocket(channel.socket(), peer, channel.socket().getPort(), true);
        if (nameChecked) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
        }
        return handshake(channel, socket, limit);
    }

    /**
     * Does the server's side of the handshake.
     *
     * @param limit how long the client may be silent, or take nothing; the whole may take twice as long
     * @throws IOException where it fails: an {@link javax.net.ssl.SSLException} says why
     */
    static TlsWire accept(SocketChannel channel, SSLContext context, Duration limit) throws IOException {
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(channel.socket(), null, true);
        socket.setUseClientMode(false);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setProtocols(SERVER_PROTOCOLS);
        parameters.setUseCipherSuitesOrder(true);
        socket.setSSLParameters(parameters);
        return handshake(channel, socket, limit);
    }

    private static TlsWire handshake(SocketChannel channel, SSLSocket socket, Duration limit) throws IOException {
        socket.setSoTimeout(Math.clamp(limit.toMillis(), 1, Integer.MAX_VALUE));
        try (TimeWatch.Watched watched = TimeWatch.writing(channel, limit.multipliedBy(2))) {
            socket.startHandshake();
        }
        return new TlsWire(channel, socket);
    }

    /** Protocol and cipher suite, as {@code TLSv1.3 TLS_AES_256_GCM_SHA384}. */
    public String description() {
        SSLSession session = socket.getSession();
        return session.getProtocol() + " " + session.getCipherSuite();
    }

    @Override
    public int read(byte[] into, int offset, int length, Duration limit) throws IOException {
        int millis = Math.clamp(limit.toMillis(), 1, Integer.MAX_VALUE);
        if (millis != timeoutMillis) {
            socket.setSoTimeout(millis);
            timeoutMillis = millis;
        }
        // The other limit is for each piece that comes. A record in many pieces, or an answer that we must give to one
        // and that
        // is not taken, must not last for ever either.
        try (TimeWatch.Watched watched = TimeWatch.writing(channel, limit.multipliedBy(2))) {
            try {
                return in.read(into, offset, length);
            } catch (IOException e) {
                throw watched.hasExpired() ? new SocketTimeoutException("read timed out") : e;
            }
        }
    }

    @Override
    public void write(byte[] from, int offset, int length, Duration limit) throws IOException {
        try (TimeWatch.Watched watched = TimeWatch.writing(channel, limit)) {
            out.write(from, offset, length);
        }
    }

    /** There is none: what a foreign program read there would be the encrypted octets. */
    @Override
    public int inputDescriptor() throws IOException {
        throw new IOException("a TLS connection has no descriptor to hand over");
    }

    @Override
    public int outputDescriptor() throws IOException {
        throw new IOException("a TLS connection has no descriptor to hand over");
    }

    @Override
    public void shutdownOutput() throws IOException {
        socket.shutdownOutput();
    }

    @Override
    public void close() throws IOException {
        try (TimeWatch.Watched watched = TimeWatch.writing(channel, CLOSE_LIMIT)) {
            socket.setSoTimeout((int) CLOSE_LIMIT.toMillis());
            socket.close();
        } finally {
            channel.close();
        }
    }
}
