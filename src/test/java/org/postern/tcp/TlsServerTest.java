package org.postern.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.FutureTask;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postern.config.TestingCertificates;

/** With Java's own client. */
@Timeout(60)
class TlsServerTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    @TempDir
    private Path scratch;

    private SSLContext client;

    @BeforeEach
    void makeClient() throws GeneralSecurityException {
        client = SSLContext.getInstance("TLS");
        client.init(null, new TrustManager[] {new Anyone()}, null);
    }

    private TlsServer.Certificate certificate(String name, List<String> kind, String... names) throws IOException {
        return TestingCertificates.make(scratch, name, kind, names).read();
    }

    /** What a client sees: protocol and the certificate's subject. */
    private String hello(TlsServer server, String name, String... protocols) throws Exception {
        try (ServerSocketChannel listener =
                ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            FutureTask<String> serving = new FutureTask<>(() -> {
                try (SocketChannel channel = listener.accept();
                        TlsWire wire = server.handshake(channel, LIMIT)) {
                    Connection connection = new Connection(wire);
                    String line = String.valueOf(connection.readLine(100, LIMIT));
                    connection.write("+OK " + line.length() + "\r\n");
                    connection.flush();
                    return wire.description();
                }
            });
            Thread.ofVirtual().start(serving);
            InetSocketAddress address = (InetSocketAddress) listener.getLocalAddress();
            try (SSLSocket socket =
                    (SSLSocket) client.getSocketFactory().createSocket(address.getAddress(), address.getPort())) {
                SSLParameters parameters = socket.getSSLParameters();
                if (!name.isEmpty()) {
                    parameters.setServerNames(List.of(new SNIHostName(name)));
                }
                if (protocols.length > 0) {
                    parameters.setProtocols(protocols);
                }
                socket.setSSLParameters(parameters);
                socket.startHandshake();
                socket.getOutputStream().write("QUIT\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
                assertThat(socket.getInputStream().readNBytes(4)).asString().isEqualTo("+OK ");
                String seen = socket.getSession().getProtocol() + " "
                        + ((X509Certificate) socket.getSession().getPeerCertificates()[0])
                                .getSubjectX500Principal()
                                .getName();
                assertThat(serving.get()).startsWith(socket.getSession().getProtocol());
                return seen;
            }
        }
    }

    @Test
    void theNameChoosesTheCertificate() throws Exception {
        TlsServer server = new TlsServer(List.of(
                certificate("one", TestingCertificates.EC, "mail.one.test"),
                certificate("two", TestingCertificates.EC, "mail.two.test", "*.wild.test"),
                certificate("rsa", TestingCertificates.RSA, "mail.two.test")));
        assertThat(hello(server, "")).isEqualTo("TLSv1.3 CN=one");
        assertThat(hello(server, "mail.one.test")).isEqualTo("TLSv1.3 CN=one");
        assertThat(hello(server, "Mail.Two.test")).isEqualTo("TLSv1.3 CN=two");
        assertThat(hello(server, "a.wild.test")).isEqualTo("TLSv1.3 CN=two");
        assertThat(hello(server, "a.b.wild.test")).isEqualTo("TLSv1.3 CN=one");
        assertThat(hello(server, "other.test")).isEqualTo("TLSv1.3 CN=one");
    }

    @Test
    void tls12IsSpokenAndNothingOlder() throws Exception {
        TlsServer server = new TlsServer(List.of(certificate("rsa", TestingCertificates.RSA, "mx.test")));
        assertThat(hello(server, "", "TLSv1.2")).isEqualTo("TLSv1.2 CN=rsa");
        assertThatThrownBy(() -> hello(server, "", "TLSv1.1")).isInstanceOf(Exception.class);
    }

    @Test
    void certificatesAreReplacedWhileItServes() throws Exception {
        TlsServer server = new TlsServer(List.of(certificate("old", TestingCertificates.EC, "mx.test")));
        assertThat(hello(server, "mx.test")).endsWith("CN=old");
        server.replace(List.of(certificate("new", TestingCertificates.RSA, "mx.test")));
        makeClient(); // One that has no session to resume.
        assertThat(hello(server, "mx.test")).endsWith("CN=new");
    }

    @Test
    void whoSpeaksNoTlsGetsNowhere() throws Exception {
        TlsServer server = new TlsServer(List.of(certificate("one", TestingCertificates.EC, "mx.test")));
        try (ServerSocketChannel listener =
                        ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                SocketChannel client = SocketChannel.open(listener.getLocalAddress());
                SocketChannel accepted = listener.accept()) {
            client.write(java.nio.ByteBuffer.wrap(
                    "USER joe\r\nPASS secret\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII)));
            assertThatThrownBy(() -> server.handshake(accepted, LIMIT)).isInstanceOf(SSLException.class);
        }
    }

    @Test
    void aSilentClientIsNotWaitedForForEver() throws Exception {
        TlsServer server = new TlsServer(List.of(certificate("one", TestingCertificates.EC, "mx.test")));
        try (ServerSocketChannel listener =
                        ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                SocketChannel client = SocketChannel.open(listener.getLocalAddress());
                SocketChannel accepted = listener.accept()) {
            assertThatThrownBy(() -> server.handshake(accepted, Duration.ofMillis(50)))
                    .isInstanceOf(java.net.SocketTimeoutException.class);
            assertThat(client.isOpen()).isTrue();
        }
    }

    private record Anyone() implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
