package org.postern.tcp;

import java.io.IOException;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * The server's side of TLS 1.2 and 1.3: certificates, of which the client's choice of a name takes one (RFC 6066 §3), and
 * sessions that are resumed. Certificates can be exchanged while it serves; sessions under way keep theirs.
 */
public final class TlsServer {
    static {
        // Nobody needs it, and each costs us a handshake (RFC 7457 §2.10).
        System.setProperty("jdk.tls.rejectClientInitiatedRenegotiation", "true");
    }

    /** DNS names in a certificate's SubjectAltName (RFC 5280 §4.2.1.6). */
    private static final int DNS_NAME = 2;

    private final SSLContext context;
    private final Certificates certificates;

    /**
     * A certificate with its key.
     *
     * @param chain its own certificate first
     */
    public record Certificate(PrivateKey key, List<X509Certificate> chain) {
        public Certificate {
            chain = List.copyOf(chain);
        }
    }

    /** @param certificates the first is for clients that name no host, or none of ours; one at least */
    public TlsServer(List<Certificate> certificates) {
        this.certificates = new Certificates(certificates);
        try {
            context = SSLContext.getInstance("TLS");
            context.init(new KeyManager[] {this.certificates}, null, null);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** From the next handshake on, these. */
    public void replace(List<Certificate> changed) {
        certificates.replace(changed);
    }

    /**
     * Does the handshake with a client.
     *
     * @param limit how long it may be silent
     * @throws IOException where it fails; the message says why
     */
    public TlsWire handshake(SocketChannel channel, Duration limit) throws IOException {
        return TlsWire.accept(channel, context, limit);
    }

    /** Chooses by name and kind of key. An alias is never used for another certificate: a handshake asks twice. */
    private static final class Certificates extends X509ExtendedKeyManager {
        private volatile Map<String, Certificate> all = Map.of();
        private volatile Map<String, Certificate> before = Map.of();
        private long made;

        Certificates(List<Certificate> first) {
            replace(first);
        }

        synchronized void replace(List<Certificate> changed) {
            Map<String, Certificate> map = new TreeMap<>();
            for (Certificate certificate : changed) {
                map.put(String.format(Locale.ROOT, "%010d", ++made), certificate);
            }
            before = all;
            all = map;
        }

        @Override
        public @Nullable String chooseServerAlias(String keyType, Principal @Nullable [] issuers, Socket socket) {
            SSLSession session = ((SSLSocket) socket).getHandshakeSession();
            String wanted = session instanceof ExtendedSSLSession extended
                    ? extended.getRequestedServerNames().stream()
                            .filter(SNIHostName.class::isInstance)
                            .map((SNIServerName name) -> ((SNIHostName) name).getAsciiName())
                            .findFirst()
                            .orElse("")
                    : "";
            return choose(keyType, wanted);
        }

        private @Nullable String choose(String keyType, String host) {
            String first = null;
            for (Map.Entry<String, Certificate> e : all.entrySet()) {
                if (isFor(keyType, e.getValue())) {
                    if (names(e.getValue().chain().getFirst(), host)) {
                        return e.getKey();
                    }
                    first = first == null ? e.getKey() : first;
                }
            }
            return first;
        }

        private static boolean isFor(String keyType, Certificate certificate) {
            String algorithm = certificate.key().getAlgorithm();
            return switch (keyType) {
                case "RSA", "RSASSA-PSS" -> algorithm.equals("RSA");
                case "EC" -> algorithm.equals("EC");
                case "EdDSA" -> algorithm.equals("EdDSA");
                default -> false;
            };
        }

        private static boolean names(X509Certificate certificate, String host) {
            if (host.isEmpty()) {
                return false;
            }
            try {
                Collection<List<?>> names = certificate.getSubjectAlternativeNames();
                return names != null
                        && names.stream()
                                .filter(name -> name.get(0).equals(DNS_NAME))
                                .anyMatch(name -> covers(String.valueOf(name.get(1)), host));
            } catch (CertificateParsingException e) {
                return false;
            }
        }

        /** RFC 9525 §6.3: a wildcard is the whole leftmost label. */
        private static boolean covers(String name, String host) {
            int dot = host.indexOf('.');
            return name.equalsIgnoreCase(host)
                    || name.startsWith("*.") && dot > 0 && name.substring(1).equalsIgnoreCase(host.substring(dot));
        }

        private @Nullable Certificate find(String alias) {
            Certificate now = all.get(alias);
            return now != null ? now : before.get(alias);
        }

        @Override
        public X509Certificate @Nullable [] getCertificateChain(String alias) {
            Certificate found = find(alias);
            return found == null ? null : found.chain().toArray(new X509Certificate[0]);
        }

        @Override
        public @Nullable PrivateKey getPrivateKey(String alias) {
            Certificate found = find(alias);
            return found == null ? null : found.key();
        }

        @Override
        public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
            List<String> aliases = new ArrayList<>();
            all.forEach((alias, certificate) -> {
                if (isFor(keyType, certificate)) {
                    aliases.add(alias);
                }
            });
            return aliases.isEmpty() ? null : aliases.toArray(new String[0]);
        }

        @Override
        public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
            return null;
        }

        @Override
        public @Nullable String chooseClientAlias(
                String[] keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
            return null;
        }
    }
}
