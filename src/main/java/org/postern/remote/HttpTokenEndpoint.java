package org.postern.remote;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import org.postern.config.RouteLogin;
import org.postern.config.Secret;
import org.postern.config.TlsPolicy;
import org.postern.os.Octets;

/** OAuth 2.0's token endpoint (RFC 6749 §3.2): the grants client_credentials and refresh_token. */
final class HttpTokenEndpoint implements Tokens.TokenEndpoint {
    /** For all of it, from the look-up of the name to the last octet of the answer. */
    static final Duration LIMIT = Duration.ofSeconds(30);

    private static final int MOST_OCTETS = 64 << 10;
    private static final long USUAL_SECONDS = 3600;
    private static final long MOST_SECONDS = 24 * 3600;

    private final JsonFactory json = new JsonFactory();
    private final TlsContexts contexts;
    private final Consumer<String> alerts;
    private final Duration limit;
    /** Refresh tokens that could not be written into their files. */
    private final Map<Path, String> unwritten = new ConcurrentHashMap<>();

    HttpTokenEndpoint(TlsContexts contexts, Consumer<String> alerts, Duration limit) {
        this.contexts = contexts;
        this.alerts = alerts;
        this.limit = limit;
    }

    @Override
    public Tokens.Given fetch(RouteLogin.Token login) throws IOException {
        Map<String, String> answer = post(login, form(login));
        String token = answer.get("access_token");
        if (token == null || token.isEmpty() || token.chars().anyMatch(c -> c <= ' ' || c > 126)) {
            throw new IOException(login.endpoint() + " gave no access_token");
        }
        String renewed = answer.get("refresh_token");
        if (renewed != null && login.refreshTokenFile().isPresent()) {
            keep(login.refreshTokenFile().get(), renewed);
        }
        return new Tokens.Given(token, lifetime(answer.getOrDefault("expires_in", "")));
    }

    private static Duration lifetime(String seconds) {
        boolean number = seconds.matches("[0-9]{1,9}");
        return Duration.ofSeconds(number ? Math.min(Long.parseLong(seconds), MOST_SECONDS) : USUAL_SECONDS);
    }

    private String form(RouteLogin.Token login) throws IOException {
        Map<String, String> fields = new LinkedHashMap<>();
        Optional<Path> refresh = login.refreshTokenFile();
        if (refresh.isPresent()) {
            fields.put("grant_type", "refresh_token"); // §6
            String renewed = unwritten.get(refresh.get());
            fields.put("refresh_token", renewed != null ? renewed : new Secret.InFile(refresh.get()).read());
        } else {
            fields.put("grant_type", "client_credentials"); // §4.4.2
        }
        fields.put("client_id", login.clientId()); // §2.3.1: in the body, which the providers take
        if (login.clientSecret().isPresent()) {
            fields.put("client_secret", login.clientSecret().get().read());
        }
        if (!login.scope().isEmpty()) {
            fields.put("scope", login.scope());
        }
        return fields.entrySet().stream()
                .map(field -> field.getKey() + "=" + encoded(field.getValue()))
                .collect(Collectors.joining("&"));
    }

    private static String encoded(String octets) {
        return URLEncoder.encode(octets, StandardCharsets.ISO_8859_1);
    }

    private Map<String, String> post(RouteLogin.Token login, String form) throws IOException {
        HttpRequest request = HttpRequest.newBuilder(login.endpoint())
                .header("Content-Type", "application/x-www-form-urlencoded")
                .header("Accept", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(form, StandardCharsets.US_ASCII))
                .build();
        HttpResponse<byte[]> response = answer(request, contexts.context(trust(login)));
        if (response.statusCode() != 200) {
            throw new IOException(login.endpoint() + " answered " + response.statusCode() + reason(response.body()));
        }
        try {
            return fields(response.body());
        } catch (IOException e) {
            throw new IOException(login.endpoint() + " answered with no JSON object", e);
        }
    }

    private static TlsPolicy trust(RouteLogin.Token login) {
        return new TlsPolicy(TlsPolicy.Level.VERIFY, true, "", login.cafile());
    }

    private HttpResponse<byte[]> answer(HttpRequest request, SSLContext context) throws IOException {
        // Redirects are not followed: the secret goes where the settings say, nowhere else.
        HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .sslContext(context)
                .build();
        try {
            return client.sendAsync(
                            request,
                            HttpResponse.BodyHandlers.limiting(HttpResponse.BodyHandlers.ofByteArray(), MOST_OCTETS))
                    .get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new IOException(request.uri() + " did not answer within " + limit.toSeconds() + " seconds", e);
        } catch (ExecutionException e) {
            throw new IOException(request.uri() + " cannot be used: " + why(e), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for " + request.uri(), e);
        } finally {
            // close() would wait for the answer that has been given up.
            client.shutdownNow();
        }
    }

    /** Java tells nothing of a refused connection or an unknown host but the exception's name. */
    private static String why(ExecutionException e) {
        for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof UnresolvedAddressException) {
                return "there is no such host";
            }
            if (cause instanceof ClosedChannelException || cause.getMessage() == null) {
                continue;
            }
            return oneLine(cause.getMessage());
        }
        return e.getCause() instanceof ConnectException ? "no connection" : String.valueOf(e.getCause());
    }

    /** §5.2: error and error_description. */
    private String reason(byte[] body) {
        try {
            Map<String, String> answer = fields(body);
            String reason = answer.getOrDefault("error", "") + " " + answer.getOrDefault("error_description", "");
            return reason.isBlank() ? "" : ": " + oneLine(reason.strip());
        } catch (IOException e) {
            return "";
        }
    }

    private static String oneLine(String text) {
        StringBuilder line = new StringBuilder();
        text.chars().limit(400).forEach(c -> line.append(c < ' ' || c > 126 ? ' ' : (char) c));
        return line.toString();
    }

    /** The texts and numbers that stand in the outermost object. */
    private Map<String, String> fields(byte[] body) throws IOException {
        Map<String, String> fields = new HashMap<>();
        try (JsonParser parser = json.createParser(body)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("no JSON object");
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                JsonToken value = parser.nextToken();
                if (value != null && value.isScalarValue()) {
                    fields.put(name, parser.getText());
                } else {
                    parser.skipChildren();
                }
            }
            return fields;
        }
    }

    /** The endpoint has put another refresh token in the place of ours (§6): the old one may be void already. */
    private void keep(Path file, String token) {
        String octets = Octets.of(token.getBytes(StandardCharsets.UTF_8));
        try {
            if (!octets.equals(new Secret.InFile(file).read())) {
                write(file, octets);
            }
            unwritten.remove(file);
        } catch (IOException e) {
            unwritten.put(file, octets);
            alerts.accept("alert: unable to write the new refresh token into " + file
                    + "; it is lost when Postern ends: let Postern write there: " + e.getMessage());
        }
    }

    private static void write(Path file, String octets) throws IOException {
        Path directory = Optional.ofNullable(file.getParent()).orElse(Path.of("/"));
        Path temporary = Files.createTempFile(
                directory,
                "." + file.getFileName(),
                "",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(Octets.bytes(octets + "\n")));
            channel.force(true);
        }
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel opened = FileChannel.open(directory, StandardOpenOption.READ)) {
            opened.force(true);
        }
    }
}
