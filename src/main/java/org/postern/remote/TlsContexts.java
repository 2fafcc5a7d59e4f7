package org.postern.remote;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;
import org.postern.config.TlsPolicy;

/** TLS contexts, made once each, so that sessions are resumed: a full handshake costs milliseconds of processor time. */
final class TlsContexts {
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Key, SSLContext> contexts = new HashMap<>();

    /** @param changed the CA file's time: a new one is read */
    private record Key(boolean checked, Optional<Path> cafile, long changed) {}

    /** @throws IOException where the CA file cannot be read, or has no certificate; the message says so */
    SSLContext context(TlsPolicy policy) throws IOException {
        boolean checked = policy.level() == TlsPolicy.Level.VERIFY;
        Optional<Path> cafile = checked ? policy.cafile() : Optional.empty();
        long changed =
                cafile.isPresent() ? Files.getLastModifiedTime(cafile.get()).toMillis() : 0;
        Key key = new Key(checked, cafile, changed);
        lock.lock();
        try {
            SSLContext context = contexts.get(key);
            if (context == null) {
                context = make(checked, cafile);
                contexts.keySet().removeIf(old -> old.cafile.equals(cafile) && old.checked == checked);
                contexts.put(key, context);
            }
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException(e.getMessage(), e);
        } finally {
            lock.unlock();
        }
    }

    private static SSLContext make(boolean checked, Optional<Path> cafile)
            throws IOException, GeneralSecurityException {
        TrustManager @Nullable [] trust = null;
        if (!checked) {
            trust = new TrustManager[] {new AnyCertificate()};
        } else if (cafile.isPresent()) {
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(store(cafile.get()));
            trust = factory.getTrustManagers();
        }
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust, null);
        return context;
    }

    private static KeyStore store(Path cafile) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (InputStream in = Files.newInputStream(cafile)) {
            for (Certificate certificate :
                    CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                store.setCertificateEntry(Integer.toString(store.size()), certificate);
            }
        }
        if (store.size() == 0) {
            throw new IOException(cafile + ": there is no certificate in it");
        }
        return store;
    }

    /** RFC 7435: against listeners alone, where nothing is known of the host. */
    private static final class AnyCertificate extends X509ExtendedTrustManager {
        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
