package org.postern.tool;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postern.chain.Args;
import org.postern.chain.Env;
import org.postern.chain.Tool;
import org.postern.os.Errno;
import org.postern.os.Octets;

/**
 * {@code envdir dir child}: becomes the child with a variable for each file of the directory, as daemontools 0.76. The
 * file's name is the variable's, its first line the value; an empty file removes the variable. Exit 111 where that
 * cannot be done.
 */
public final class Envdir implements Tool {
    private static final String USAGE = "envdir: usage: envdir dir child";

    /** The longest value taken, in octets. The system gives no program more than 128 KiB in one variable. */
    private static final int VALUE_LIMIT = 1 << 20;

    private static final int S_IFMT = 0170000;
    private static final int S_IFIFO = 0010000;

    @Override
    public Exit run(Invocation call) {
        List<String> arguments = call.args().arguments();
        if (arguments.size() < 2) {
            call.fds().log().line(USAGE);
            return Exit.code(111);
        }
        return switch (read(call, arguments.getFirst())) {
            case Reading.Variables(Env env) -> {
                Args child = new Args(arguments.subList(1, arguments.size()));
                yield call.exec(child, env, why -> fatal(call, "unable to run " + child.program(), why));
            }
            case Reading.Failed(String what, IOException why) -> fatal(call, what, why);
        };
    }

    private sealed interface Reading {
        record Variables(Env env) implements Reading {}

        record Failed(String what, IOException why) implements Reading {}
    }

    private static Reading read(Invocation call, String directory) {
        String cannotSwitch = "unable to switch to directory " + directory;
        String cannotRead = "unable to read directory " + directory;
        Map<String, @Nullable String> changes = new LinkedHashMap<>();
        try {
            requireSearchable(FileName.of(call, directory));
        } catch (IOException e) {
            return new Reading.Failed(cannotSwitch, e);
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(call.path(directory))) {
            for (Path file : files) {
                String name = Octets.of(file.getFileName());
                if (name.startsWith(".")) {
                    continue;
                }
                try {
                    change(name, value(file), changes);
                } catch (IOException e) {
                    return new Reading.Failed("unable to read " + directory + "/" + name, e);
                }
            }
        } catch (DirectoryIteratorException e) {
            return new Reading.Failed(cannotRead, Objects.requireNonNull(e.getCause()));
        } catch (AccessDeniedException e) {
            return new Reading.Failed(cannotRead, e);
        } catch (IOException e) {
            return new Reading.Failed(cannotSwitch, e);
        }
        return new Reading.Variables(call.env().withAll(changes));
    }

    /** The original changes to the directory, which takes the right to search it. Listing it takes another. */
    private static void requireSearchable(Path directory) throws IOException {
        try {
            Files.getLastModifiedTime(directory.resolve("."));
        } catch (AccessDeniedException e) {
            throw e;
        } catch (IOException e) {
            // Opening it says better why.
            return;
        }
    }

    /** As pathexec_env: in a file's name with a = in it, the variable's name ends there. */
    private static void change(String name, Optional<String> value, Map<String, @Nullable String> changes) {
        String assignment = value.map(v -> name + "=" + v).orElse(name);
        int equals = assignment.indexOf('=');
        if (equals < 0) {
            changes.put(name, null);
        } else {
            changes.put(assignment.substring(0, equals), assignment.substring(equals + 1));
        }
    }

    /** The first line, without blanks at its end; empty for an empty file, and for a link to nowhere. */
    private static Optional<String> value(Path file) throws IOException {
        Optional<String> line;
        try {
            line = isPipe(file) ? Optional.empty() : firstLine(file);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        return line.map(Envdir::withoutBlanksAtEnd).map(text -> text.replace('\0', '\n'));
    }

    /** The original does not wait for a pipe's other end, and so finds nothing in it. */
    private static boolean isPipe(Path file) throws IOException {
        return ((int) Files.getAttribute(file, "unix:mode") & S_IFMT) == S_IFIFO;
    }

    private static Optional<String> firstLine(Path file) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        byte[] octets = new byte[4096];
        try (InputStream in = Files.newInputStream(file)) {
            int n = in.read(octets);
            if (n < 0) {
                return Optional.empty();
            }
            while (n >= 0) {
                for (int i = 0; i < n; i++) {
                    if (octets[i] == '\n') {
                        line.write(octets, 0, i);
                        return Optional.of(Octets.of(line.toByteArray()));
                    }
                }
                line.write(octets, 0, n);
                if (line.size() > VALUE_LIMIT) {
                    throw new IOException("its first line has more than " + VALUE_LIMIT + " octets");
                }
                n = in.read(octets);
            }
        }
        return Optional.of(Octets.of(line.toByteArray()));
    }

    private static String withoutBlanksAtEnd(String line) {
        int end = line.length();
        while (end > 0 && (line.charAt(end - 1) == ' ' || line.charAt(end - 1) == '\t')) {
            end--;
        }
        return line.substring(0, end);
    }

    private static Exit fatal(Invocation call, String what, IOException why) {
        call.fds().log().line("envdir: fatal: " + what + ": " + Errno.djbText(why));
        return Exit.code(111);
    }
}
