package org.postern.config;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.tomlj.Toml;
import org.tomlj.TomlParseResult;

/**
 * postern.toml, read. Every problem is found in one reading; an unknown key is a problem.
 *
 * @param settings what it says
 * @param each every setting there is, with its value and where that comes from
 */
public record PosternToml(Settings settings, List<Setting> each) {
    public PosternToml {
        each = List.copyOf(each);
    }

    /**
     * Reads the file.
     *
     * @param runner has the defaults, and the secrets of the environment
     * @throws SettingsException with all that is wrong in it; also where it cannot be read
     */
    public static PosternToml read(Path path, Runner runner) throws SettingsException {
        return parse(text(path), Reading.of(path, runner));
    }

    /**
     * The state directory alone, for who looks for a process that runs: whatever else is wrong with the file is not his.
     *
     * @throws SettingsException where the file cannot be read, or has no home
     */
    public static Path home(Path path, Runner runner) throws SettingsException {
        Reading reading = Reading.of(path, runner);
        Optional<Path> home = SettingsReader.home(new TableReader(reading, toml(text(path), reading)));
        demandNone(reading);
        return home.orElseThrow();
    }

    /** What would be wrong with a file of this name that has this text. */
    public static List<Problem> problems(String text, Path path, Runner runner) {
        try {
            PosternToml _ = parse(text, Reading.of(path, runner));
            return List.of();
        } catch (SettingsException e) {
            return e.problems();
        }
    }

    private static PosternToml parse(String text, Reading reading) throws SettingsException {
        Supplier<Settings> settings = new SettingsReader(new TableReader(reading, toml(text, reading))).read();
        demandNone(reading);
        return new PosternToml(settings.get(), reading.settings);
    }

    private static TomlParseResult toml(String text, Reading reading) throws SettingsException {
        TomlParseResult toml = Toml.parse(text);
        toml.errors()
                .forEach(e -> reading.problem(e.position().line(), "", "not TOML: " + withoutText(e.getMessage())));
        demandNone(reading);
        return toml;
    }

    /** What the parser says, without the text it stumbled on: that may be a password without its quotes. */
    private static String withoutText(@Nullable String message) {
        return TomlText.oneLine(message).replaceFirst("^Unexpected '[^']{2,}'", "Unexpected text");
    }

    private static void demandNone(Reading reading) throws SettingsException {
        if (!reading.problems.isEmpty()) {
            throw new SettingsException(reading.problems);
        }
    }

    /** Every setting there is; those of arrays of tables once. */
    public static List<Description> known(Runner runner) {
        Reading reading = Reading.ofNothing(runner);
        Supplier<Settings> _ = new SettingsReader(new TableReader(reading, Toml.parse(""))).read();
        return reading.settings.stream().map(Setting::description).toList();
    }

    /** TOML is UTF-8 (toml.io, v1.0.0, "Spec"). */
    private static String text(Path path) throws SettingsException {
        try {
            return Files.readString(path);
        } catch (CharacterCodingException e) {
            throw unreadable(path, "is not UTF-8: save it as UTF-8");
        } catch (NoSuchFileException e) {
            throw unreadable(path, "no such file: name another with --config, or make it by postern init");
        } catch (AccessDeniedException e) {
            throw unreadable(path, "may not be read: run Postern as a user who may, or change the file's mode");
        } catch (IOException e) {
            throw unreadable(path, "cannot be read: " + e.getMessage());
        }
    }

    private static SettingsException unreadable(Path path, String what) {
        return new SettingsException(List.of(new Problem(path.toString(), 0, "", what)));
    }
}
