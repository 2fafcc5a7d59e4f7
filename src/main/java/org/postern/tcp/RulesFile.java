package org.postern.tcp;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postern.file.Remembered;

/**
 * tcpserver's rules as the file has them at this moment: tcprules puts a new file in the place of the old one, and the
 * next connection goes by it. Rules that fit in memory stay there until then; larger ones are opened for each
 * connection. For any number of threads.
 */
public final class RulesFile {
    private final Path file;

    /** Empty where the file is a large one. */
    private final Remembered<Optional<Rules>> small;

    public RulesFile(Path file) {
        this.file = file;
        this.small = new Remembered<>(reads -> {
            reads.file(file);
            return readSmall(file);
        });
    }

    private static Optional<Rules> readSmall(Path file) throws IOException {
        try (Rules rules = Rules.open(file)) {
            return Optional.of(rules).filter(Rules::areHeld);
        }
    }

    /**
     * What the rules say about a connection.
     *
     * @param ip TCPREMOTEIP
     * @param host TCPREMOTEHOST; null where it is not set
     * @param info TCPREMOTEINFO; null where it is not set
     * @throws IOException where the file cannot be read or is no cdb; its Errno.djbText says why
     */
    public Verdict check(String ip, @Nullable String host, @Nullable String info) throws IOException {
        Optional<Rules> held = small.get();
        if (held.isPresent()) {
            return held.get().check(ip, host, info);
        }
        try (Rules rules = Rules.open(file)) {
            return rules.check(ip, host, info);
        }
    }
}
