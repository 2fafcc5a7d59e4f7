package org.postern.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.tomlj.Toml;
import org.tomlj.TomlArray;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;

/**
 * Reads a table of postern.toml, the outermost being the file. What it is asked for is what there is: whatever else
 * stands in the table is told by {@link #tellUnknown}.
 */
final class TableReader {
    private final Reading reading;
    private final Description.Section section;
    private final int number;
    private final int line;
    private final TomlTable table;
    private final int before;
    private final Set<String> asked = new LinkedHashSet<>();
    private final Map<String, TableReader> tables = new HashMap<>();

    private TableReader(Reading reading, Description.Section section, int number, int line, TomlTable table) {
        this.reading = reading;
        this.section = section;
        this.number = number;
        this.line = line;
        this.table = table;
        before = reading.problems.size();
    }

    /** A reader of the whole file. */
    TableReader(Reading reading, TomlTable file) {
        this(reading, new Description.Section("", false, ""), 0, 0, file);
    }

    Reading reading() {
        return reading;
    }

    /** Whether nothing was wrong so far, of what was asked for since this reader was made. */
    boolean isGood() {
        return reading.problems.size() == before;
    }

    /** Asks for a setting; the description goes on in what it returns. */
    SettingReader key(String name, String meaning) {
        asked.add(name);
        return new SettingReader(this, name, meaning);
    }

    /** A table in this one; an empty one where there is none. */
    TableReader table(String name, String meaning) {
        asked.add(name);
        Object found = value(name);
        if (found != null && !(found instanceof TomlTable)) {
            problem(
                    name,
                    "is " + TomlText.shownUnknown(found) + "; write it as a table: [" + section.key(name)
                            + "] on a line of its own");
        }
        TomlTable inner = found instanceof TomlTable known ? known : Toml.parse("");
        // What it lacks is not told of a table that is none.
        Reading into = found == null || found == inner ? reading : Reading.ofNothing(reading.runner);
        TableReader reader =
                new TableReader(into, new Description.Section(section.key(name), false, meaning), 0, 0, inner);
        tables.put(name, reader);
        return reader;
    }

    /**
     * The tables that {@code [[name]]} begins.
     *
     * @param what one of them, in a word
     * @param each makes a value of a table; empty where something is wrong with it
     */
    <T> List<T> tables(String name, String what, String meaning, Function<TableReader, Optional<T>> each) {
        asked.add(name);
        Description.Section inner = new Description.Section(section.key(name), true, meaning);
        List<T> all = new ArrayList<>();
        Object found = value(name);
        if (found instanceof TomlArray array && (array.isEmpty() || array.get(0) instanceof TomlTable)) {
            for (int i = 0; i < array.size(); i++) {
                int begins = array.inputPositionOf(i).line();
                TableReader reader = new TableReader(reading, inner, i + 1, begins, array.getTable(i));
                Optional<T> made = each.apply(reader);
                reader.tellUnknown();
                if (reader.isGood()) {
                    made.ifPresent(all::add);
                }
            }
        } else if (found != null) {
            problem(
                    name,
                    "is " + TomlText.shownUnknown(found) + "; write each " + what + " as a table that begins with "
                            + inner.header());
        }
        if (reading.describes) {
            Optional<T> _ = each.apply(new TableReader(reading, inner, 0, 0, Toml.parse("")));
        }
        return all;
    }

    /** Whether it is there, and more than an empty array. */
    boolean has(String name) {
        Object value = value(name);
        return value != null && !(value instanceof TomlArray none && none.isEmpty());
    }

    @Nullable
    Object value(String name) {
        return table.get(List.of(name));
    }

    /** The line of a setting; where it is not there, that of its table, which is 0 but in an array. */
    int line(String name) {
        return table.contains(List.of(name)) ? position(table.inputPositionOf(List.of(name))) : line;
    }

    private static int position(@Nullable TomlPosition position) {
        return position == null ? 0 : position.line();
    }

    void problem(String name, String what) {
        reading.problem(line(name), section.key(name), what);
    }

    /** A setting that was asked for. */
    void found(Description description, String value, Setting.Whence whence) {
        reading.settings.add(new Setting(description, number, value, whence));
    }

    Description.Section section() {
        return section;
    }

    /** Tells of each key that nobody has asked for, in the tables below as well, with the known one that is nearest. */
    void tellUnknown() {
        List<String> known = new ArrayList<>();
        addKnown("", known);
        tellUnknown(known);
    }

    private void addKnown(String prefix, List<String> known) {
        for (String name : asked) {
            TableReader inner = tables.get(name);
            if (inner == null) {
                known.add(prefix + name);
            } else {
                inner.addKnown(prefix + name + ".", known);
            }
        }
    }

    private void tellUnknown(List<String> known) {
        for (String name : table.keySet()) {
            TableReader inner = tables.get(name);
            if (inner != null) {
                inner.tellUnknown(known);
            } else if (!asked.contains(name) || (value(name) instanceof TomlTable below && !below.isEmpty())) {
                leaves(List.of(name)).forEach(path -> tellUnknown(path, known));
            }
        }
    }

    /** What a key has below it, or itself. */
    private List<List<String>> leaves(List<String> path) {
        List<List<String>> leaves = new ArrayList<>();
        if (table.get(path) instanceof TomlTable inner && !inner.isEmpty()) {
            for (String name : inner.keySet()) {
                List<String> below = new ArrayList<>(path);
                below.add(name);
                leaves.addAll(leaves(below));
            }
        } else {
            leaves.add(path);
        }
        return leaves;
    }

    private void tellUnknown(List<String> path, List<String> known) {
        String name = String.join(".", path);
        // In an array's table names are told without its own.
        String wanted = section.repeats() ? name : section.key(name);
        reading.problem(
                position(table.inputPositionOf(path)),
                section.key(Toml.joinKeyPath(path)),
                "is " + TomlText.shownUnknown(table.get(path)) + ", an unknown setting; " + Nearest.of(wanted, known));
    }
}
