package org.postern.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.postern.os.Octets;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;

/** Reads the keys of one table of an array of tables in postern.toml, such as {@code [[tls]]}. */
final class TableReader {
    private final String file;
    private final String name;
    private final int line;
    private final TomlTable table;
    private final List<Problem> problems;
    private final int before;

    /**
     * A reader.
     *
     * @param name of the array, as in {@code [[name]]}
     * @param line where the table begins
     * @param problems where to tell what is wrong
     */
    TableReader(String file, String name, int line, TomlTable table, List<Problem> problems) {
        this.file = file;
        this.name = name;
        this.line = line;
        this.table = table;
        this.problems = problems;
        before = problems.size();
    }

    /** Whether nothing was wrong in this table so far. */
    boolean isGood() {
        return problems.size() == before;
    }

    /** Tells of all other keys. */
    void know(Set<String> keys) {
        for (String key : table.keySet()) {
            if (!keys.contains(key)) {
                problem(
                        key,
                        "unknown setting; the known ones: "
                                + String.join(", ", keys.stream().sorted().toList()));
            }
        }
    }

    /** A text that must be there; empty where there is a problem. */
    String text(String key, String example) {
        Object value = table.get(List.of(key));
        if (value instanceof String text && !text.isEmpty()) {
            return PosternToml.octets(text);
        }
        String what = value == null ? "is missing" : "is " + (value.equals("") ? "empty" : value + ", not a text");
        problem(key, what + "; write, for example, " + key + " = \"" + example + "\"");
        return "";
    }

    /** An absolute path that must be there; empty where there is a problem. */
    Optional<Path> path(String key, String example) {
        String text = text(key, example);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            Path path = Octets.path(text);
            if (path.isAbsolute()) {
                return Optional.of(path);
            }
        } catch (InvalidPathException e) {
            // Told below, as any other path that is none.
        }
        problem(key, "is \"" + text + "\"; give a path that begins with /");
        return Optional.empty();
    }

    void problem(String key, String what) {
        TomlPosition position = table.contains(List.of(key)) ? table.inputPositionOf(List.of(key)) : null;
        problems.add(new Problem(file, position == null ? line : position.line(), name + "." + key, what));
    }
}
