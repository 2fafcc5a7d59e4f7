package org.postern.config;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** How a route logs in at its host (RFC 4954). Secrets stay in their files, which are read at each login. */
public sealed interface RouteLogin {
    /** Who logs in. */
    String user();

    /** The files with what nobody else may know. */
    List<Path> secretFiles();

    /** A way of proving a password. */
    enum Mechanism {
        /** RFC 4616. */
        PLAIN("PLAIN"),
        LOGIN("LOGIN"),
        /** RFC 2195. */
        CRAM_MD5("CRAM-MD5");

        private final String keyword;

        Mechanism(String keyword) {
            this.keyword = keyword;
        }

        /** As EHLO's reply has it. */
        public String keyword() {
            return keyword;
        }
    }

    /**
     * By a password.
     *
     * @param mechanism the only one to use; empty: of those offered PLAIN, LOGIN, CRAM-MD5 under TLS, CRAM-MD5 without
     * @param inClear whether PLAIN and LOGIN are used without TLS, too
     */
    record Password(String user, Secret password, Optional<Mechanism> mechanism, boolean inClear)
            implements RouteLogin {
        @Override
        public List<Path> secretFiles() {
            return password.file().stream().toList();
        }
    }

    /**
     * By XOAUTH2, with a token from an OAuth 2.0 endpoint (RFC 6749). With a refresh token the grant is that (§6), without
     * one the client's own credentials (§4.4).
     *
     * @param endpoint where tokens are given, https
     * @param clientSecret empty for a public client
     * @param refreshTokenFile its first line is the refresh token; written anew where the endpoint gives another one
     * @param scope what is asked for; empty: nothing said of it
     * @param cafile certificates to trust at the endpoint, PEM, instead of those of the Java installation
     */
    record Token(
            String user,
            URI endpoint,
            String clientId,
            Optional<Secret> clientSecret,
            Optional<Path> refreshTokenFile,
            String scope,
            Optional<Path> cafile)
            implements RouteLogin {
        @Override
        public List<Path> secretFiles() {
            return Stream.of(clientSecret.flatMap(Secret::file), refreshTokenFile)
                    .flatMap(Optional::stream)
                    .toList();
        }
    }
}
