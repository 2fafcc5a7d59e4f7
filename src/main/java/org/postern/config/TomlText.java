package org.postern.config;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collection;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.postern.os.Octets;
import org.tomlj.Toml;
import org.tomlj.TomlArray;
import org.tomlj.TomlTable;

/** Values as they stand in a TOML file, which is Unicode; as all of Postern has texts, they are octets of UTF-8. */
public final class TomlText {
    private static final int MOST_SHOWN = 200;

    private TomlText() {}

    /** A text of the file, as the rest of Postern has it. */
    public static String octets(String text) {
        return Octets.of(text.getBytes(StandardCharsets.UTF_8));
    }

    /** The other way round. */
    static String unicode(String octets) {
        return new String(Octets.bytes(octets), StandardCharsets.UTF_8);
    }

    /** An octet string, as the file would have it. */
    public static String quoted(String octets) {
        return "\"" + Toml.tomlEscape(unicode(octets)) + "\"";
    }

    static String quoted(Path path) {
        return quoted(Octets.of(path));
    }

    public static String list(Collection<String> octets) {
        return octets.stream().map(TomlText::quoted).collect(Collectors.joining(", ", "[", "]"));
    }

    /** A value of the file, whole. */
    static String of(Object value) {
        return switch (value) {
            case String text -> quoted(octets(text));
            case TomlArray array ->
                array.toList().stream().map(TomlText::of).collect(Collectors.joining(", ", "[", "]"));
            case TomlTable table -> oneLine(table.toJson());
            default -> String.valueOf(value);
        };
    }

    /** A value nearly as it stands in the file, the beginning of a long one: for people to find it by. */
    static String shown(@Nullable Object value) {
        String all = switch (value) {
            case String text -> "\"" + text.replaceAll("\\p{Cntrl}", "?") + "\"";
            case TomlArray array -> oneLine(array.toJson());
            case TomlTable table -> oneLine(table.toJson());
            case null, default -> String.valueOf(value);
        };
        return all.length() > MOST_SHOWN ? all.substring(0, MOST_SHOWN) + "..." : all;
    }

    /**
     * A value where it may be a secret, since nobody knows what the setting is: a password whose name is misspelt must not
     * come into a log.
     */
    static String shownUnknown(@Nullable Object value) {
        return switch (value) {
            case String _ -> "a text";
            case TomlArray _ -> "a list";
            case TomlTable _ -> "a table";
            case null, default -> shown(value);
        };
    }

    static String oneLine(@Nullable String text) {
        return String.valueOf(text).replaceAll("\\s+", " ").strip();
    }
}
