package org.postern.tool;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.postern.chain.Tool;
import org.postern.config.QmailControl;
import org.postern.config.RemoteSettings;
import org.postern.config.SendSettings;
import org.postern.config.SettingsException;
import org.postern.config.SmtpdSettings;
import org.postern.os.Errno;
import org.postern.os.Octets;
import org.postern.queue.OriginalQueue;
import org.postern.queue.QueueDirectory;
import org.postern.queue.Submitters;

/**
 * usage: qmail-showctl. Tells what the control files say, what counts where one is missing, and what is wrong. See
 * docs/programs/qmail-showctl.md.
 */
public final class QmailShowctl implements Tool {
    private static final int CANNOT_READ = 111;

    /** Each reads its settings; together they read every file but qmail-inject's, which nothing is wrong with. */
    private static final Map<String, Reader> READERS = readers();

    private final Users users;

    @FunctionalInterface
    private interface Reader {
        Object read(QmailControl control) throws IOException, SettingsException;
    }

    /** The users that the queue has words for. */
    @FunctionalInterface
    interface Users {
        Submitters submitters() throws IOException;
    }

    QmailShowctl(Users users) {
        this.users = users;
    }

    private static Map<String, Reader> readers() {
        Map<String, Reader> readers = new LinkedHashMap<>();
        readers.put("qmail-send does not start", SendSettings::read);
        readers.put("mail to other hosts waits", RemoteSettings::read);
        readers.put("qmail-smtpd takes nothing", SmtpdSettings::read);
        return readers;
    }

    @Override
    public Exit run(Invocation call) throws IOException {
        Path home = QmailHome.of(call);
        Path directory = home.resolve("control");
        QmailControl control = new QmailControl(directory);
        StringBuilder out = new StringBuilder();
        installation(out, home, UserQueue.directory(call));
        Set<String> unknown;
        try {
            unknown = names(directory);
        } catch (IOException e) {
            out.append("Oops! Unable to read " + Octets.of(directory) + ": " + Errno.djbText(e) + ".\n");
            print(call, out);
            return Exit.code(CANNOT_READ);
        }
        for (ControlFile file : ControlFile.all()) {
            out.append("\n" + file.name() + ": " + ControlFile.told(file, control));
            unknown.remove(file.name());
        }
        unknown.remove("morercpthosts.cdb");
        unknown.removeIf(name -> isKey(name, control));
        compiled(out, home, "control/morercpthosts", "control/morercpthosts.cdb", "qmail-newmrh");
        compiled(out, home, "users/assign", "users/cdb", "qmail-newu");
        for (String name : unknown) {
            out.append("\n" + name + ": I have no idea what this file does.\n");
        }
        problems(out, control);
        print(call, out);
        return Exit.code(0);
    }

    private void installation(StringBuilder out, Path home, QueueDirectory directory) throws IOException {
        Submitters known = users.submitters();
        Path queue = directory.root();
        out.append("qmail home directory: " + Octets.of(home) + ".\n")
                .append("user-ext delimiter: -.\n")
                .append("paternalism (in decimal): 2.\n")
                .append("silent concurrency limit: " + SendSettings.MAX_CONCURRENCY + ".\n")
                .append("user ids: alias " + id(known.alias()) + ", qmaild " + id(known.qmaild()) + ".\n")
                .append("queue: " + Octets.of(queue))
                .append(Files.isDirectory(queue) ? ".\n" : ", which qmail-send will make.\n");
        Path original = home.resolve("queue");
        try {
            long messages = OriginalQueue.messages(original);
            if (messages > 0) {
                out.append("Oops! " + messages + " messages are in " + Octets.of(original)
                        + ", in the original's format: qmail-send will not start.\n");
            }
        } catch (IOException e) {
            out.append("original's queue: " + Octets.of(original) + ", unable to read: " + Errno.djbText(e) + ".\n");
        }
    }

    private static String id(OptionalInt uid) {
        return uid.isPresent() ? String.valueOf(uid.getAsInt()) : "(no such user)";
    }

    private static Set<String> names(Path directory) throws IOException {
        Set<String> names = new TreeSet<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            files.forEach(file -> names.add(Octets.of(file.getFileName())));
        }
        return names;
    }

    /** Whether a line of {@code dkim} names the file: {@code domain:selector:file}. */
    private static boolean isKey(String name, QmailControl control) {
        try {
            return control.lines("dkim").orElse(List.of()).stream().anyMatch(line -> line.endsWith(":" + name));
        } catch (IOException e) {
            // What is wrong with dkim has been told.
            return false;
        }
    }

    /** Whether a cdb is as new as the text that the program makes it of. */
    private static void compiled(StringBuilder out, Path home, String text, String cdb, String program) {
        String told;
        try {
            FileTime written = time(home.resolve(text));
            FileTime made = time(home.resolve(cdb));
            if (written == null) {
                told = made == null ? "(Default.) No effect." : "Oops! It exists but " + text + " doesn't.";
            } else if (made == null) {
                told = "Oops! " + text + " exists but this doesn't: run " + program + ".";
            } else if (written.compareTo(made) > 0) {
                told = "Oops! It is older than " + text + ": run " + program + ".";
            } else {
                told = "Modified recently enough; hopefully up to date.";
            }
        } catch (IOException e) {
            told = "Oops! Trouble reading this file: " + Errno.djbText(e) + ".";
        }
        out.append("\n" + cdb.replace("control/", "") + ": " + told + "\n");
    }

    private static @Nullable FileTime time(Path file) throws IOException {
        try {
            return Files.getLastModifiedTime(file);
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /** What the programs themselves would complain of. */
    private static void problems(StringBuilder out, QmailControl control) {
        READERS.forEach((consequence, reader) -> {
            List<String> problems = List.of();
            try {
                reader.read(control);
            } catch (SettingsException e) {
                problems = e.problems().stream().map(String::valueOf).toList();
            } catch (IOException e) {
                problems = List.of(Errno.djbTextWithFile(e));
            }
            problems.forEach(problem -> out.append("\nOops! " + consequence + ": " + problem + "\n"));
        });
    }

    /** What a terminal might obey is a question mark. */
    private static void print(Invocation call, StringBuilder out) throws IOException {
        for (int i = 0; i < out.length(); i++) {
            char c = out.charAt(i);
            if (c != '\n' && (c < ' ' || c > '~')) {
                out.setCharAt(i, '?');
            }
        }
        call.fds().connection().write(out.toString());
    }
}
