package org.postern.config;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Reads a secret, which a table gives in one of three ways: NAME_file, NAME_env, or NAME itself. */
final class SecretReader {
    private final TableReader table;
    private final String name;
    private final SettingReader inFile;
    private final SettingReader inEnvironment;
    private final SettingReader here;

    /** @param what it is, as "The password" */
    SecretReader(TableReader table, String name, String what) {
        this.table = table;
        this.name = name;
        inFile = table.key(name + "_file", what + ": a file with it in the first line. Mode 600 or 640.");
        inEnvironment = table.key(name + "_env", what + ": an environment variable that has it.");
        here = table.key(name, what + " itself, where postern.toml has mode 600 or 640.")
                .secret();
    }

    /** The names of its settings, the best one first. */
    List<String> names() {
        return List.of(name + "_file", name + "_env", name);
    }

    /** The secret; empty where there is none, or where a problem was told. */
    Optional<Secret> read() {
        Optional<Path> file = inFile.path("/etc/postern/" + name.replace('_', '-'));
        Optional<String> variable = inEnvironment.text("SMARTHOST_" + name.toUpperCase(Locale.ROOT));
        variable.ifPresent(here::fromEnvironment);
        Optional<String> text = here.text("…");
        List<String> given =
                names().stream().filter(each -> table.value(each) != null).toList();
        if (given.size() > 1) {
            table.problem(given.getLast(), "does not go with " + given.getFirst() + ": remove one of them");
        }
        return file.flatMap(this::ofFile)
                .or(() -> variable.flatMap(this::ofEnvironment))
                .or(() -> text.flatMap(this::ofHere));
    }

    private Optional<Secret> ofFile(Path file) {
        demandSafe(inFile, file);
        return Optional.of(new Secret.InFile(file));
    }

    /** Tells where the file has no secret, or others can read it. */
    static void demandSafe(SettingReader key, Path file) {
        try {
            String _ = SecretFile.read(file);
        } catch (IOException e) {
            key.problem("is \"" + file + "\": "
                    + Optional.ofNullable(e.getMessage()).orElse("cannot be read"));
        }
    }

    private Optional<Secret> ofEnvironment(String variable) {
        Optional<Secret> secret = table.reading()
                .runner
                .env()
                .find(variable)
                .filter(value -> !value.isEmpty())
                .map(Secret.Given::new);
        if (secret.isEmpty() && !table.reading().describes) {
            inEnvironment.problem("is \"" + variable + "\", and the environment has no such variable, or an empty one:"
                    + " set it for who starts Postern, or give " + name + "_file");
        }
        return secret;
    }

    private Optional<Secret> ofHere(String text) {
        if (text.isEmpty()) {
            here.problem("is empty: give it, or remove it");
            return Optional.empty();
        }
        if (table.reading().isOpenToOthers()) {
            here.problem("stands in a file that others can read or change: chmod 600 it, and change the secret if they"
                    + " did, or give " + name + "_file");
        }
        return Optional.of(new Secret.Given(text));
    }
}
