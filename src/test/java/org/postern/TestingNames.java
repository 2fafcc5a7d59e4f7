package org.postern;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import org.postern.dns.TestingDns;
import org.postern.os.Octets;

/** Name server and ident servers on loopback, at their own ports: for programs that know no others. */
final class TestingNames {
    private static final int DNS = 53;
    private static final int IDENT = 113;

    private TestingNames() {}

    /** 127.0.0.5 and .6 have names that lead back, .7 has another's name, .9 has none. */
    static TestingDns dns() throws IOException {
        return new TestingDns(new InetSocketAddress(InetAddress.ofLiteral(TestingSideBySide.NAME_SERVER), DNS))
                .with("1.0.0.127.in-addr.arpa.", "PTR", "Local.Example.com.")
                .with("5.0.0.127.in-addr.arpa.", "PTR", "host5.example.com.")
                .with("host5.example.com.", "A", "127.0.0.5")
                .with("6.0.0.127.in-addr.arpa.", "PTR", "HOST6.Example.COM.")
                .with("host6.example.com.", "A", "192.0.2.1")
                .with("host6.example.com.", "A", "127.0.0.6")
                .with("7.0.0.127.in-addr.arpa.", "PTR", "liar.example.com.")
                .with("liar.example.com.", "A", "192.0.2.1");
    }

    /** An ident server that gives the same answer to all, Q in it the question. */
    static ServerSocket ident(String address, String answer) throws IOException {
        ServerSocket server = silentIdent(address);
        Thread.ofPlatform().daemon().start(() -> {
            while (!server.isClosed()) {
                try (Socket client = server.accept()) {
                    StringBuilder question = new StringBuilder();
                    int c;
                    while ((c = client.getInputStream().read()) >= 0 && c != '\n') {
                        question.append((char) c);
                    }
                    String said = answer.replace("Q", question.toString().strip());
                    client.getOutputStream().write(Octets.bytes(said));
                } catch (IOException e) {
                    // The asker has gone, or the test is over.
                    continue;
                }
            }
        });
        return server;
    }

    /** One that takes questions and says nothing. */
    static ServerSocket silentIdent(String address) throws IOException {
        return new ServerSocket(IDENT, 10, InetAddress.ofLiteral(address));
    }
}
