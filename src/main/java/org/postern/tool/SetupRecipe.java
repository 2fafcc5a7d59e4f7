package org.postern.tool;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** postern setup-recipe: the recipe's mkdir, chmod, echo and cron steps. What exists is checked and kept. */
@Command(
        name = "setup-recipe",
        mixinStandardHelpOptions = true,
        description = {
            "Does the recipe's set-up: /etc/relay-ctrl, the spool of allowed addresses, and the cron line.",
            "What is there already is checked, and kept where it is sound. Can be repeated."
        })
final class SetupRecipe implements Callable<Integer> {
    private final Path launcher;

    @Option(names = "--root", paramLabel = "DIR", description = "Do it below DIR; the files still name /.")
    private Path root = Path.of("/");

    @Option(names = "--expiry", paramLabel = "SECONDS", description = "RELAY_CTRL_EXPIRY; default: ${DEFAULT-VALUE}.")
    private int expiry = 600;

    @Option(
            names = "--me",
            paramLabel = "HOST",
            description =
                    "Also makes /var/qmail/control/me, rcpthosts and locals with this name, where they are missing.")
    private @Nullable String me;

    SetupRecipe(Path launcher) {
        this.launcher = launcher;
    }

    private static final String SPOOL = "/var/qmail/relay-ctrl/spool";

    @Override
    public Integer call() throws IOException {
        if (expiry < 1) {
            System.err.println("postern setup-recipe: --expiry is " + expiry + "; give a number of seconds, 1 or more");
            return 100;
        }
        Path settings = root.resolve("etc/relay-ctrl");
        directory(settings, null);
        spool(setting(settings.resolve("RELAY_CTRL_DIR"), SPOOL));
        String _ = setting(settings.resolve("RELAY_CTRL_EXPIRY"), String.valueOf(expiry));
        if (me != null) {
            Path control = root.resolve("var/qmail/control");
            directory(control, null);
            for (String name : List.of("me", "rcpthosts", "locals")) {
                String _ = setting(control.resolve(name), me);
            }
        }
        cron();
        return 0;
    }

    /**
     * The spool is for everybody to write; its parent keeps everybody out who was not handed the directory. One of the
     * site's own choice is looked at alone: its parent may be /var/spool.
     */
    private void spool(String named) throws IOException {
        Path spool = root.resolve(named.replaceFirst("^/+", ""));
        if (named.equals(SPOOL)) {
            directory(parent(spool), "rwx------");
            directory(spool, "rwxrwxrwx");
        } else if (Files.isDirectory(spool)) {
            System.out.println("exists  " + spool);
        } else {
            System.err.println("postern setup-recipe: warning: RELAY_CTRL_DIR names " + named
                    + ", and there is no such directory: make it, or remove "
                    + root.resolve("etc/relay-ctrl/RELAY_CTRL_DIR")
                    + " and run this again");
        }
    }

    private static Path parent(Path path) {
        Path parent = path.getParent();
        return parent == null ? path : parent;
    }

    private static void directory(Path directory, @Nullable String mode) throws IOException {
        if (Files.isDirectory(directory)) {
            System.out.println("exists  " + directory);
        } else {
            Files.createDirectories(directory);
            System.out.println("made    " + directory);
        }
        if (mode != null
                && !PosixFilePermissions.toString(Files.getPosixFilePermissions(directory))
                        .equals(mode)) {
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(mode));
            System.out.println("chmod   " + directory + " " + mode);
        }
    }

    /** Writes the setting where it is missing, and answers what it is. */
    private static String setting(Path file, String value) throws IOException {
        if (!Files.exists(file)) {
            Files.writeString(file, value + "\n");
            System.out.println("made    " + file + " (" + value + ")");
            return value;
        }
        String found = Files.readString(file, java.nio.charset.StandardCharsets.ISO_8859_1)
                .lines()
                .findFirst()
                .orElse("")
                .stripTrailing();
        System.out.println((found.equals(value) ? "exists  " : "kept    ") + file + " (" + found + ")");
        return found;
    }

    private void cron() throws IOException {
        Path file = root.resolve("etc/cron.d/relay-ctrl");
        String programs = new Links(launcher).place("envdir").toString();
        String line = "* * * * * root " + programs + "/envdir /etc/relay-ctrl " + programs + "/relay-ctrl-age\n";
        if (Files.exists(file)) {
            System.out.println("exists  " + file);
            boolean ages = Files.readAllLines(file, java.nio.charset.StandardCharsets.ISO_8859_1).stream()
                    .anyMatch(l -> !l.startsWith("#") && l.contains("relay-ctrl-age"));
            if (!ages) {
                System.err.println("postern setup-recipe: warning: " + file + " runs no relay-ctrl-age: add the line: "
                        + line.strip());
            }
            return;
        }
        Files.createDirectories(parent(file));
        Files.writeString(file, "# Postern: removes expired relay grants.\n" + line);
        System.out.println("made    " + file);
    }
}
