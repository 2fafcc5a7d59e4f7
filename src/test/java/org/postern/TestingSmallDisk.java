package org.postern;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.postern.TestingSite.Server;

/** A tmpfs of its own mount namespace, in which the servers that are to see it are started. */
final class TestingSmallDisk implements Closeable {
    private final Process holder;
    private final Path at;
    private final boolean mine;

    TestingSmallDisk(Path at, int kilobytes, String mode) throws IOException {
        this.at = at;
        this.mine = true;
        this.holder = new ProcessBuilder(
                        "unshare",
                        "-m",
                        "sh",
                        "-c",
                        "mount --make-rprivate / && " + mount(kilobytes, mode, at) + " && echo ready && exec cat")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        if (!"ready".equals(holder.inputReader().readLine())) {
            throw new IOException("unable to mount a tmpfs on " + at);
        }
    }

    private TestingSmallDisk(Process holder, Path at) {
        this.holder = holder;
        this.at = at;
        this.mine = false;
    }

    private static String mount(int kilobytes, String mode, Path at) {
        return "mount -t tmpfs -o size=" + kilobytes + "k,mode=" + mode + " tmpfs " + at;
    }

    /** One more in the same namespace. */
    TestingSmallDisk another(Path where, int kilobytes) throws IOException {
        run("sh", "-c", mount(kilobytes, "0700", where));
        return new TestingSmallDisk(holder, where);
    }

    List<String> entering(List<String> command) {
        List<String> all = new ArrayList<>(List.of("nsenter", "-m", "-t", Long.toString(holder.pid())));
        all.addAll(command);
        return all;
    }

    void run(String... command) throws IOException {
        TestingPrograms.succeed(entering(List.of(command)).toArray(String[]::new));
    }

    Server start(TestingSite site, String name, List<String> command) throws IOException {
        return name.equals("send") ? site.start(name, entering(command)) : site.tcpserver(name, entering(command));
    }

    void grow(int kilobytes) throws IOException {
        remount("size=" + kilobytes + "k");
    }

    private void remount(String options) throws IOException {
        run("mount", "-o", "remount," + options, at.toString());
    }

    /** There is room for octets, and no file more. */
    void useUpInodes() throws IOException {
        run("sh", "-c", "mount -o remount,nr_inodes=$(($(stat -f -c '%c - %d' " + at + "))) " + at);
    }

    void giveInodes() throws IOException {
        remount("nr_inodes=10000");
    }

    /** As soon as nobody has a file open for writing; until then the system refuses it. */
    void readOnly() throws IOException {
        run("sh", "-c", "for i in $(seq 2000); do mount -o remount,ro " + at + " 2>&- && exit; done; exit 1");
    }

    void writable() throws IOException {
        remount("rw");
    }

    void fill() throws IOException {
        run("sh", "-c", "cat /dev/zero >" + at + "/filler 2>/dev/null || :");
    }

    /** The way to it from outside. */
    Path path() {
        return Path.of("/proc/" + holder.pid() + "/root" + at);
    }

    List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(path())) {
            return files.map(f -> f.getFileName().toString()).toList();
        }
    }

    /** All that is there, in order, by the names that the servers know. */
    List<Path> tree() throws IOException {
        try (Stream<Path> files = Files.walk(path())) {
            return files.map(f -> at.resolve(path().relativize(f))).sorted().toList();
        }
    }

    @Override
    public void close() throws IOException {
        if (mine) {
            holder.getOutputStream().close();
        }
    }
}
