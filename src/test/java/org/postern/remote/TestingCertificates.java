package org.postern.remote;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * A CA and what it has signed, as src/test/resources/hops/certificates makes them: {@code good} for mx.test and 127.0.0.1,
 * {@code wrong} for another name, {@code self} by itself.
 */
public record TestingCertificates(Path directory) {
    public static TestingCertificates in(Path directory) throws IOException {
        Process made = new ProcessBuilder("src/test/resources/hops/certificates", directory.toString())
                .inheritIO()
                .start();
        if (made.onExit().join().exitValue() != 0) {
            throw new IOException(Files.readString(directory.resolve("certificates.log")));
        }
        return new TestingCertificates(directory);
    }

    Path ca() {
        return directory.resolve("ca.pem");
    }

    /** A server's side of TLS. */
    SSLContext server(String certificate) throws IOException {
        char[] password = "secret".toCharArray();
        try (InputStream in = Files.newInputStream(directory.resolve(certificate + ".p12"))) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(in, password);
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, password);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), null, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
    }
}
