package org.postern.tool;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.postern.os.Octets;
import org.postern.tool.OpenToAll.Closed;
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
    private static final String SPOOL = "/var/qmail/relay-ctrl/spool";

    /** A setting that was found is none that the programs can use. */
    private static final int UNSOUND = 111;

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

    @Override
    public Integer call() throws IOException {
        if (expiry < 1) {
            System.err.println("postern setup-recipe: --expiry is " + expiry + "; give a number of seconds, 1 or more");
            return 100;
        }
        Path settings = root.resolve("etc/relay-ctrl");
        directory(settings, null);
        boolean sound = spool(settings.resolve("RELAY_CTRL_DIR"));
        sound &= expiry(settings.resolve("RELAY_CTRL_EXPIRY"));
        if (me != null) {
            control(me);
        }
        cron();
        return sound ? 0 : UNSOUND;
    }

    private boolean expiry(Path file) throws IOException {
        String said = setting(file, String.valueOf(expiry));
        boolean sound = said.matches("0*[1-9][0-9]{0,17}");
        if (!sound) {
            warn(file + " says \"" + Octets.word(said)
                    + "\", which is no number of seconds: write one into it, such as " + expiry
                    + ", or remove it and run this again");
        }
        return sound;
    }

    /** qmail-smtpd reads these as qmaild. */
    private void control(String name) throws IOException {
        Path control = root.resolve("var/qmail/control");
        directory(control, null);
        Set<Closed> closed = new LinkedHashSet<>();
        for (String file : List.of("me", "rcpthosts", "locals")) {
            String _ = setting(control.resolve(file), name);
            closed.addAll(OpenToAll.closed(control.resolve(file), root));
        }
        for (Closed c : closed) {
            warn(c.path() + " is closed to other users, and qmail-smtpd reads the control files as qmaild: "
                    + c.remedy());
        }
    }

    /**
     * The spool is for everybody to write; its parent keeps everybody out who was not handed the directory. One of the
     * site's own choice is looked at alone: its parent may be /var/spool.
     */
    private boolean spool(Path file) throws IOException {
        String named = setting(file, SPOOL);
        String below = named.replaceFirst("^/+", "");
        if (below.isEmpty() || below.equals(named) || below.indexOf('\0') >= 0) {
            warn(file + " says \"" + Octets.word(named) + "\", which is no absolute path of a directory: write " + SPOOL
                    + " into it, or remove it and run this again");
            return false;
        }
        Path spool = root.resolve(Octets.path(below));
        if (named.equals(SPOOL)) {
            directory(parent(spool), "rwx------");
            directory(spool, "rwxrwxrwx");
        } else if (Files.isDirectory(spool)) {
            System.out.println("exists  " + spool);
        } else {
            warn(file + " says " + Octets.word(named)
                    + ", and there is no such directory: make it, or remove the file and run this again");
            return false;
        }
        return true;
    }

    private static void warn(String what) {
        System.err.println("postern setup-recipe: warning: " + what);
    }

    private static Path parent(Path path) {
        Path parent = path.getParent();
        return parent == null ? path : parent;
    }

    private static void directory(Path directory, @Nullable String mode) throws IOException {
        if (Files.isDirectory(directory)) {
            System.out.println("exists  " + directory);
        } else {
            OpenToAll.directories(directory);
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
            OpenToAll.file(file, value + "\n");
            System.out.println("made    " + file + " (" + value + ")");
            return value;
        }
        String found = Files.readString(file, ISO_8859_1)
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
            boolean ages = Files.readAllLines(file, ISO_8859_1).stream()
                    .anyMatch(l -> !l.startsWith("#") && l.contains("relay-ctrl-age"));
            if (!ages) {
                warn(file + " runs no relay-ctrl-age: add the line: " + line.strip());
            }
            return;
        }
        OpenToAll.file(file, "# Postern: removes expired relay grants.\n" + line);
        System.out.println("made    " + file);
    }
}
