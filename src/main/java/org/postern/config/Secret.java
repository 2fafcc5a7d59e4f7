package org.postern.config;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** A password, or what else nobody else may know, as a setting gives it. */
public sealed interface Secret {
    /**
     * The secret as it is now.
     *
     * @throws IOException where it is not to be had; the message says why, and the remedy
     */
    String read() throws IOException;

    /** The file that it is in, where it is in one. */
    Optional<Path> file();

    /** The first line of a file, read at each use. */
    record InFile(Path path) implements Secret {
        @Override
        public Optional<Path> file() {
            return Optional.of(path);
        }

        @Override
        public String read() throws IOException {
            try {
                return SecretFile.read(path);
            } catch (IOException e) {
                throw new IOException(path + ": " + e.getMessage(), e);
            }
        }
    }

    /** One that stood in postern.toml, or in an environment variable. */
    record Given(String secret) implements Secret {
        @Override
        public Optional<Path> file() {
            return Optional.empty();
        }

        @Override
        public String read() {
            return secret;
        }

        /** Without the secret. */
        @Override
        public String toString() {
            return "Given[********]";
        }
    }
}
