package org.postern.config;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.postern.os.Octets;

/** Reads one {@code [[send.dkim]]} of postern.toml. A key that cannot be used is a problem. */
final class DkimTable {
    static final String NAME = "send.dkim";
    private static final Set<String> KEYS = Set.of("domain", "selector", "key_file");

    private DkimTable() {}

    /** The key; empty where there is a problem. */
    static Optional<DkimKey> read(TableReader table, List<DkimKey> others) {
        table.know(KEYS);
        String domain = Octets.lowerCase(table.text("domain", "example.com"));
        String selector = Octets.lowerCase(table.text("selector", "postern2026"));
        boolean named = table.isGood();
        Optional<Path> keyFile = table.path("key_file", "/etc/postern/postern2026.example.com.pem");
        if (!named) {
            return Optional.empty();
        }
        if (others.stream().anyMatch(other -> other.domain().equals(domain))) {
            table.problem("domain", "is \"" + domain + "\", which has another key above: keep one of them");
        }
        DkimKey.objectionToDomain(domain).ifPresent(why -> table.problem("domain", why));
        DkimKey.objectionToSelector(selector).ifPresent(why -> table.problem("selector", why));
        if (keyFile.isEmpty()) {
            return Optional.empty();
        }
        try {
            DkimKey key = new DkimKey.Usable(domain, selector, DkimKeyFile.read(keyFile.get()));
            return table.isGood() ? Optional.of(key) : Optional.empty();
        } catch (IOException e) {
            table.problem("key_file", "is \"" + Octets.of(keyFile.get()) + "\": " + e.getMessage());
            return Optional.empty();
        }
    }
}
