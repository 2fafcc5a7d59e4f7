package org.postern.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.postern.os.Octets;
import org.tomlj.TomlArray;

/**
 * Reads one setting, and so describes it. {@link #needed}, {@link #otherwise} and their like come first, the kind of
 * value last; it returns the value, empty or the default where there is none or a wrong one, which is then told.
 */
final class SettingReader {
    /** Octets of UTF-8 above ASCII are let pass, for internationalized names. */
    private static final Pattern DOMAIN = Pattern.compile("[^\\s\\p{Cntrl}@<>,;:()\\[\\]\"\\\\]+");

    private final TableReader table;
    private final String name;
    private final String meaning;
    private boolean needed;
    private boolean secret;
    /** The default, as the file has it. */
    private String usual = "";
    /** The default, in words. */
    private String otherwise = "";

    private Optional<String> restart = Optional.empty();
    private Setting.Whence absent = new Setting.Whence.Default();

    SettingReader(TableReader table, String name, String meaning) {
        this.table = table;
        this.name = name;
        this.meaning = meaning;
    }

    /** It must be there. */
    SettingReader needed() {
        needed = true;
        return this;
    }

    /** What holds where it is not there, in words. */
    SettingReader otherwise(String words) {
        otherwise = words;
        return this;
    }

    private SettingReader usually(String toml) {
        usual = toml;
        return this;
    }

    /** A change takes a restart, since … */
    SettingReader atStart(String why) {
        restart = Optional.of(why);
        return this;
    }

    /** Its value is not shown. */
    SettingReader secret() {
        secret = true;
        return this;
    }

    /** Where the file does not have it, an environment variable has. */
    SettingReader fromEnvironment(String variable) {
        absent = new Setting.Whence.Environment(variable);
        return this;
    }

    boolean isSet() {
        return table.value(name) != null;
    }

    /** Its value as it stands in the file, or nearly. */
    String shown() {
        return TomlText.shown(table.value(name));
    }

    void problem(String what) {
        table.problem(name, what);
    }

    // ---- kinds of values

    boolean flag(boolean standard) {
        return usually(String.valueOf(standard)).flag().orElse(standard);
    }

    Optional<Boolean> flag() {
        return read("true or false", "true", value -> {
            if (value instanceof Boolean given) {
                return Optional.of(given);
            }
            problem("is " + TomlText.shown(value) + "; write true or false");
            return Optional.empty();
        });
    }

    long number(long standard, long least, long most) {
        return usually(String.valueOf(standard)).number(least, most).orElse(standard);
    }

    Optional<Long> number(long least, long most) {
        return number("a whole number", least, most);
    }

    /** A number of seconds. */
    Duration seconds(Duration standard, long least, long most) {
        return usually(String.valueOf(standard.toSeconds()))
                .number("seconds", least, most)
                .map(Duration::ofSeconds)
                .orElse(standard);
    }

    private Optional<Long> number(String kind, long least, long most) {
        String range = most == Long.MAX_VALUE ? "of at least " + least : "from " + least + " to " + most;
        return read(kind + " " + range, String.valueOf(least), value -> {
            if (value instanceof Long number && number >= least && number <= most) {
                return Optional.of(number);
            }
            problem("is " + TomlText.shown(value) + "; give a whole number " + range);
            return Optional.empty();
        });
    }

    /** Any text, an empty one where it is not needed. */
    Optional<String> text(String example) {
        return text("a text", example, Optional::of);
    }

    private <T> Optional<T> text(String kind, String example, Function<String, Optional<T>> parse) {
        String remedy = "; write, for example, " + name + " = " + TomlText.quoted(example);
        return read(kind, TomlText.quoted(example), value -> {
            if (!(value instanceof String text)) {
                problem("is " + (secret ? TomlText.shownUnknown(value) : TomlText.shown(value)) + ", not a text"
                        + remedy);
                return Optional.empty();
            }
            if (needed && text.isBlank()) {
                problem("is empty" + remedy);
                return Optional.empty();
            }
            return parse.apply(TomlText.octets(text));
        });
    }

    /** The same with a default, where there is one. */
    Optional<Path> path(Optional<Path> standard, String example) {
        needed = standard.isEmpty();
        usual = standard.map(TomlText::quoted).orElse("");
        return path(example).or(() -> isSet() ? Optional.empty() : standard);
    }

    /** A path that begins with /. */
    Optional<Path> path(String example) {
        return text("a path", example, text -> {
            try {
                Path path = Octets.path(text);
                if (path.isAbsolute()) {
                    return Optional.of(path);
                }
            } catch (InvalidPathException e) {
                // Told below, as any other path that is none.
            }
            problem("is " + shown() + "; give a path that begins with /");
            return Optional.empty();
        });
    }

    /** One of an enumeration's names, in lower case, with hyphens. */
    <E extends Enum<E>> Optional<E> choice(E[] values) {
        String all = Arrays.stream(values).map(SettingReader::word).collect(Collectors.joining(", "));
        return text("one of " + all, word(values[values.length - 1]), text -> {
            Optional<E> chosen = Arrays.stream(values)
                    .filter(value -> word(value).equals(text))
                    .findFirst();
            if (chosen.isEmpty()) {
                problem("is " + shown() + "; write one of " + all);
            }
            return chosen;
        });
    }

    static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** A name that ends in greetings, Received fields and comparisons: an @ or a blank in it is a slip. */
    Optional<String> domain(String example) {
        return text("a domain", example, this::domainOf);
    }

    private Optional<String> domainOf(String text) {
        if (DOMAIN.matcher(text).matches()) {
            return Optional.of(text);
        }
        problem(shownOctets(text) + " is no domain; write one such as \"example.com\"");
        return Optional.empty();
    }

    List<String> domains(List<String> standard) {
        return usually(standard.isEmpty() ? "" : TomlText.list(standard))
                .read("a domain, or a list of domains", TomlText.list(List.of("example.com")), this::strings)
                .map(names ->
                        names.stream().flatMap(text -> domainOf(text).stream()).toList())
                .orElse(standard);
    }

    /** Texts that are parsed one by one. */
    <T> List<T> each(String kind, String example, Function<String, Optional<T>> parse) {
        return read(kind, TomlText.list(List.of(example)), this::strings).stream()
                .flatMap(List::stream)
                .flatMap(text -> parse.apply(text).stream())
                .toList();
    }

    /** Addresses to listen on. */
    List<HostPort> addresses(String example) {
        if (isSet() && table.value(name) instanceof TomlArray none && none.isEmpty()) {
            problem("is empty; write, for example, " + name + " = " + TomlText.quoted(example));
        }
        Optional<List<String>> texts =
                read("address:port, or a list of them; IPv6 in brackets", TomlText.quoted(example), this::strings);
        return texts.stream()
                .flatMap(List::stream)
                .flatMap(text -> {
                    Optional<HostPort> address = HostPort.parse(text);
                    if (address.isEmpty()) {
                        problem(shownOctets(text) + " is no address to listen on; write address:port, as "
                                + TomlText.quoted(example) + " or \"[::1]:110\"");
                    }
                    return address.stream();
                })
                .toList();
    }

    /** A text, or a list of texts. */
    private Optional<List<String>> strings(Object value) {
        switch (value) {
            case String one -> {
                return Optional.of(List.of(TomlText.octets(one)));
            }
            case TomlArray array -> {
                List<String> all = new ArrayList<>();
                for (int i = 0; i < array.size(); i++) {
                    if (array.get(i) instanceof String text) {
                        all.add(TomlText.octets(text));
                    } else {
                        problem("element " + (i + 1) + " is " + TomlText.shown(array.get(i))
                                + ", not a text; put it in quotes");
                    }
                }
                return Optional.of(all);
            }
            default -> {
                problem("is " + TomlText.shown(value) + "; give a text or a list of texts, as [\"a\", \"b\"]");
                return Optional.empty();
            }
        }
    }

    private static String shownOctets(String octets) {
        return TomlText.shown(TomlText.unicode(octets));
    }

    /** Where all come together: the setting is described, and its value read. */
    private <T> Optional<T> read(String kind, String example, Function<Object, Optional<T>> parse) {
        Object value = table.value(name);
        Description description = new Description(
                table.section(),
                name,
                kind,
                meaning,
                otherwise.isEmpty() ? usual : otherwise,
                usual.isEmpty() ? example : usual,
                restart,
                secret);
        if (value == null) {
            table.found(description, usual, absent);
            if (needed) {
                problem("is missing; write, for example, " + name + " = " + example);
            }
            return Optional.empty();
        }
        table.found(
                description,
                TomlText.of(value),
                new Setting.Whence.Line(table.reading().file.toString(), table.line(name)));
        return parse.apply(value);
    }
}
