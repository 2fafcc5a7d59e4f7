package org.postern.tool;

import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** A user of the system, made by useradd(8) and taken away again. For tests that run as root. */
final class TestingSystemUser implements Closeable {
    private final String name;
    private final Path home;

    /** @param parent where its home is made; opened for all, since a user must be able to get there */
    TestingSystemUser(String name, Path parent) throws IOException {
        this.name = name;
        this.home = parent.resolve(name);
        Files.setPosixFilePermissions(parent, PosixFilePermissions.fromString("rwxr-xr-x"));
        run("", "useradd", "-m", "-d", home.toString(), "-s", "/bin/bash", "-G", "tty", name);
    }

    String name() {
        return name;
    }

    Path home() {
        return home;
    }

    /** By chpasswd(8), so with the scheme that this system's PAM prefers. */
    void password(String password) throws IOException {
        run(name + ":" + password + "\n", "chpasswd");
    }

    /** usermod(8), chage(1), passwd(1), with the name added. */
    void change(String... command) throws IOException {
        List<String> all = new ArrayList<>(List.of(command));
        all.add(name);
        run("", all.toArray(String[]::new));
    }

    @Override
    public void close() throws IOException {
        run("", "userdel", "-r", "-f", name);
    }

    static String run(String input, String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (var stdin = process.getOutputStream()) {
            stdin.write(input.getBytes(StandardCharsets.ISO_8859_1));
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        try {
            int code = process.waitFor();
            // userdel(8): 12, the home has no mail spool.
            if (code != 0 && !(command[0].equals("userdel") && code == 12)) {
                throw new IOException(String.join(" ", command) + ": exit " + code + ": " + output);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
        return output;
    }
}
