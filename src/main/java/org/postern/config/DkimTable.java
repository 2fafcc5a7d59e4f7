package org.postern.config;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.postern.os.Octets;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;

/** Reads one {@code [[send.dkim]]} of postern.toml. A key that cannot be used is a problem. */
final class DkimTable {
    private static final String TABLE = "send.dkim";
    private static final Set<String> KEYS = Set.of("domain", "selector", "key_file");

    private final String file;
    private final int line;
    private final TomlTable table;
    private final List<Problem> problems;

    /**
     * A reader.
     *
     * @param line where the table begins
     * @param problems where to tell what is wrong
     */
    DkimTable(String file, int line, TomlTable table, List<Problem> problems) {
        this.file = file;
        this.line = line;
        this.table = table;
        this.problems = problems;
    }

    /** The key; empty where there is a problem. */
    Optional<DkimKey> read(List<DkimKey> others) {
        int before = problems.size();
        for (String key : table.keySet()) {
            if (!KEYS.contains(key)) {
                problem(
                        key,
                        "unknown setting; the known ones: "
                                + String.join(", ", KEYS.stream().sorted().toList()));
            }
        }
        String domain = Octets.lowerCase(text("domain", "example.com"));
        String selector = Octets.lowerCase(text("selector", "postern2026"));
        String path = text("key_file", "/etc/postern/postern2026.example.com.pem");
        if (problems.size() > before) {
            return Optional.empty();
        }
        if (others.stream().anyMatch(other -> other.domain().equals(domain))) {
            problem("domain", "is \"" + domain + "\", which has another key above: keep one of them");
        }
        DkimKey.objectionToDomain(domain).ifPresent(why -> problem("domain", why));
        DkimKey.objectionToSelector(selector).ifPresent(why -> problem("selector", why));
        Optional<DkimKey> key = key(domain, selector, path);
        return problems.size() > before ? Optional.empty() : key;
    }

    private Optional<DkimKey> key(String domain, String selector, String path) {
        try {
            Path keyFile = Octets.path(path);
            if (keyFile.isAbsolute()) {
                return Optional.of(new DkimKey.Usable(domain, selector, DkimKeyFile.read(keyFile)));
            }
            problem("key_file", "is \"" + path + "\"; give a path that begins with /");
        } catch (IOException | InvalidPathException e) {
            problem("key_file", "is \"" + path + "\": " + e.getMessage());
        }
        return Optional.empty();
    }

    private String text(String key, String example) {
        Object value = table.get(List.of(key));
        if (value instanceof String text && !text.isEmpty()) {
            return PosternToml.octets(text);
        }
        String what = value == null ? "is missing" : "is " + (value.equals("") ? "empty" : value + ", not a text");
        problem(key, what + "; write, for example, " + key + " = \"" + example + "\"");
        return "";
    }

    private void problem(String key, String what) {
        TomlPosition position = table.contains(List.of(key)) ? table.inputPositionOf(List.of(key)) : null;
        problems.add(new Problem(file, position == null ? line : position.line(), TABLE + "." + key, what));
    }
}
