package org.postern.remote;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import org.postern.os.Octets;

/** A token endpoint on loopback, over TLS, that answers as told. */
final class TestingTokenEndpoint implements AutoCloseable {
    /** The answer of one that sends a header and then nothing. */
    static final String NO_BODY = "<no body>";
    /** The answer of one that says nothing at all. */
    static final String SILENCE = "<silence>";

    private final HttpsServer server;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private volatile int status = 200;
    private volatile String answer = "{}";

    TestingTokenEndpoint(SSLContext tls) throws IOException {
        server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        server.setHttpsConfigurator(new HttpsConfigurator(tls));
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/token", this::answer);
        server.start();
    }

    URI uri() {
        return URI.create("https://127.0.0.1:" + server.getAddress().getPort() + "/token");
    }

    void answers(int newStatus, String newAnswer) {
        status = newStatus;
        answer = newAnswer;
    }

    /** Answers with a token. */
    void gives(String token, long seconds) {
        answers(
                200,
                "{\"token_type\": \"Bearer\", \"access_token\": \"" + token + "\", \"expires_in\": " + seconds + "}");
    }

    /** The forms that were sent. */
    List<String> requests() {
        return requests;
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            requests.add(Octets.of(exchange.getRequestBody().readAllBytes()));
            if (answer.equals(SILENCE)) {
                closed.await();
            }
            if (answer.equals(NO_BODY)) {
                exchange.sendResponseHeaders(status, 100);
                exchange.getResponseBody().flush();
                closed.await();
            }
            byte[] body = Octets.bytes(answer);
            exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        closed.countDown();
        server.stop(0);
    }
}
