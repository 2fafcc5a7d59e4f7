package org.postern.config;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.postern.os.Octets;

/** Reads one {@code [[send.dkim]]} of postern.toml. A key that cannot be used is a problem. */
final class DkimTable {
    private DkimTable() {}

    /** The key; empty where there is a problem. */
    static Optional<DkimKey> read(TableReader table, List<DkimKey> others) {
        Optional<String> domain = table.key("domain", "As in From: addresses; those below it as well.")
                .needed()
                .text("example.com")
                .map(Octets::lowerCase);
        Optional<String> selector = table.key("selector", "The key's name in the DNS.")
                .needed()
                .text("postern2026")
                .map(Octets::lowerCase);
        Optional<Path> file = table.key("key_file", "An RSA key in PEM. Mode 600 or 640.")
                .needed()
                .path("/etc/postern/postern2026.example.com.pem");
        if (domain.isEmpty() || selector.isEmpty()) {
            return Optional.empty();
        }
        if (others.stream().anyMatch(other -> other.domain().equals(domain.get()))) {
            table.problem("domain", "is \"" + domain.get() + "\", which has another key above: keep one of them");
        }
        DkimKey.objectionToDomain(domain.get()).ifPresent(why -> table.problem("domain", why));
        DkimKey.objectionToSelector(selector.get()).ifPresent(why -> table.problem("selector", why));
        return file.flatMap(path -> key(table, domain.get(), selector.get(), path));
    }

    private static Optional<DkimKey> key(TableReader table, String domain, String selector, Path file) {
        try {
            return Optional.of(new DkimKey.Usable(domain, selector, DkimKeyFile.read(file)));
        } catch (IOException e) {
            table.problem("key_file", "is \"" + Octets.of(file) + "\": " + e.getMessage());
            return Optional.empty();
        }
    }
}
