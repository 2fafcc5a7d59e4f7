package org.postern.tool;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.postern.TestingRecords;
import org.postern.chain.Args;
import org.postern.chain.Chain;
import org.postern.chain.Ended;
import org.postern.chain.Tool;
import org.postern.os.Octets;

/**
 * The world that the POP records were taken in: the home of the user ptest, with the Maildir that each case had, what
 * happened to it behind the session's back, and a stand-in for checkpassword.
 */
final class TestingPopRecords {
    private static final long EPOCH = 1_700_000_000;
    private static final int FD3_OCTETS = 512;

    /** The seven messages and a dot file: name, seconds after the epoch, octets. */
    private static final List<File> STANDARD = List.of(
            new File("cur/1700000001.101.h:2,S", 1, "Subject: one cur seen\n\nline1\n.dotline\n..two\nlast no newline"),
            new File("cur/1700000002.103.h", 2, "no header separator at all\n"),
            new File("new/1700000003.102.h", 3, "Subject: three\nX: y\n\nl1\nl2\nl3\n"),
            new File("new/1700000003.101.h", 3, "Subject: same mtime as three\n\n\n\nblank lines\n\n"),
            new File("cur/zzz:2,RS", 4, ""),
            new File("new/1700000005.100.h", 5, "Subject: five new\n\nbody five\n"),
            new File(
                    "new/big",
                    6,
                    "Subject: crlf\r\n\r\nhas CR LF already\r\nand \rbare\r CR\n\0nul \u00e3\u0081\u0082\n"),
            new File("new/.hidden", 7, "hidden\n"));

    private static final String UNREADABLE_MAILDIR = "pop3d: Maildir not readable";
    private static final String UNREADABLE_MESSAGE = "pop3d: unreadable message";

    private final String title;
    private final Path home;

    private record File(String name, long age, String octets) {}

    TestingPopRecords(String title, Path home) {
        this.title = title.replaceFirst(" \\(from [0-9.]+\\)$", "");
        this.home = home;
    }

    /** The case's name, without the address it was taken from. */
    String title() {
        return title;
    }

    Path maildir() {
        return home.resolve("Maildir");
    }

    /** Makes the Maildir that the session found. */
    void prepare() throws IOException {
        if (title.equals("pop3d: no Maildir")) {
            return;
        }
        for (String part : List.of("", "new", "cur", "tmp")) {
            Files.createDirectory(maildir().resolve(part));
        }
        switch (title) {
            case "pop3d: empty mailbox" -> {}
            case "pop3d: equal mtimes order (20 messages)" ->
                IntStream.range(0, 20).forEach(i -> write(new File("new/m%02d".formatted(i), 9, "x\n")));
            case "pop3d: uid with strange chars" ->
                Stream.of(
                                new File("new/a b\tc", 1, "x\n"),
                                new File("cur/u:1,old:2,S", 2, "x\n"),
                                new File("new/" + "x".repeat(90), 3, "x\n"),
                                new File("cur/:2,S", 4, "x\n"))
                        .forEach(this::write);
            default -> STANDARD.forEach(this::write);
        }
        switch (title) {
            case "pop3d: Maildir lacks cur" -> deleteAll(maildir().resolve("cur"));
            case UNREADABLE_MAILDIR -> mode(maildir().resolve("new"), "---------");
            case UNREADABLE_MESSAGE -> mode(maildir().resolve("cur/1700000001.101.h:2,S"), "---------");
            case "pop3d: subdirectory inside new" ->
                Files.createDirectory(maildir().resolve("new/dir"));
            case "pop3d: tmp older than 36h removed at login" -> {
                touch(maildir().resolve("tmp/fresh"), Instant.now());
                touch(maildir().resolve("tmp/old"), Instant.now().minus(Duration.ofHours(37)));
            }
            default -> {}
        }
    }

    /** Whether the case is about something that the user may not read. */
    boolean needsModes() {
        return title.equals(UNREADABLE_MAILDIR) || title.equals(UNREADABLE_MESSAGE);
    }

    /** Makes readable again what was not. */
    void restoreModes() throws IOException {
        if (title.equals(UNREADABLE_MAILDIR)) {
            mode(maildir().resolve("new"), "rwx------");
        }
    }

    /** What another program did to the Maildir just before the client's n-th piece, counted from 0. */
    void before(int piece, String input) {
        try {
            switch (title) {
                case "pop3d: message vanishes during session" -> {
                    if (input.startsWith("RETR")) {
                        Files.delete(maildir().resolve("cur/1700000001.101.h:2,S"));
                    }
                }
                case "pop3d: message moved by another session (new->cur)" -> {
                    if (input.startsWith("RETR 3")) {
                        // The one that is number 3 here; in the record it was 1700000003.102.h.
                        Files.move(
                                maildir().resolve("new/1700000003.101.h"),
                                maildir().resolve("cur/1700000003.101.h:2,"));
                    }
                }
                case "pop3d: new mail arrives during session not seen" -> {
                    if (piece == 2) {
                        touch(maildir().resolve("new/later"), Instant.now());
                    }
                }
                default -> {}
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The stand-in for checkpassword, which becomes qmail-pop3d, or what the case had in their places. */
    Chain chain() {
        return call -> {
            try {
                return new Ended.Exited(subprogram(call));
            } catch (Crashed e) {
                return new Ended.Signalled(11);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };
    }

    private static final class Crashed extends IOException {
        private static final long serialVersionUID = 1L;
    }

    private int subprogram(Tool.Invocation call) throws IOException {
        String octets = Octets.of(call.fds().input(3).readAllBytes());
        String[] fields = octets.split("\0", -1);
        if (title.startsWith("checkpassword exits ")) {
            return Integer.parseInt(title.substring("checkpassword exits ".length()));
        }
        if (title.equals("checkpassword crashes")) {
            throw new Crashed();
        }
        // Where the program is missing, the forked qmail-popup exits 1.
        boolean right = octets.length() <= FD3_OCTETS && fields[0].equals("ptest") && fields[1].equals("secret");
        if (title.equals("checkpassword missing") || !right) {
            return 1;
        }
        if (title.equals("relay-ctrl-allow exec fails")) {
            return 111;
        }
        if (title.startsWith("env")) {
            print(call);
            return 0;
        }
        List<String> argv =
                title.equals("pop3d without Maildir arg") ? List.of("qmail-pop3d") : List.of("qmail-pop3d", "Maildir");
        Tool.Invocation pop3d = new Tool.Invocation(
                new Args(argv), call.env(), home, call.identity(), call.fds().without(3), call.id());
        return new QmailPop3d().run(pop3d) instanceof Tool.Exit.Code(int code) ? code : -1;
    }

    /** env(1), and what else the case printed: from the record, where it is not qmail-popup's affair. */
    private void print(Tool.Invocation call) throws IOException {
        List<String> lines = new ArrayList<>(call.env().entries());
        lines.addAll(List.of("USER=ptest", "HOME=/home/ptest", "SHELL=/bin/bash"));
        String recorded = TestingRecords.read("pop-netqmail-1.06.txt").stream()
                .filter(c -> c.title().startsWith(title))
                .flatMap(c -> c.all("S").stream())
                .filter(s -> s.contains("SHELL="))
                .findFirst()
                .orElseThrow();
        boolean afterAllow = title.contains("relay-ctrl-allow");
        call.fds().connection().write(afterAllow ? recorded : String.join("\n", lines) + "\n");
    }

    /** The Maildir as the records show it: part, name, size, sorted. */
    List<String> listing() throws IOException {
        TreeMap<String, String> entries = new TreeMap<>();
        for (String part : List.of("new", "cur", "tmp")) {
            Path directory = maildir().resolve(part);
            if (Files.isDirectory(directory)) {
                try (Stream<Path> files = Files.list(directory)) {
                    for (Path file : files.toList()) {
                        String name = part + "/" + Octets.of(file.getFileName());
                        entries.put(name, Files.isDirectory(file) ? name : name + " size=" + Files.size(file));
                    }
                }
            }
        }
        return List.copyOf(entries.values());
    }

    private void write(File file) {
        try {
            Path path = maildir().resolve(Octets.path(file.name));
            Files.write(path, Octets.bytes(file.octets));
            Files.setLastModifiedTime(path, FileTime.from(Instant.ofEpochSecond(EPOCH + file.age)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes two octets with this time, of access too. */
    private static void touch(Path file, Instant time) throws IOException {
        Files.write(file, Octets.bytes(file.endsWith("fresh") ? "x" : "x\n"));
        Files.getFileAttributeView(file, java.nio.file.attribute.BasicFileAttributeView.class)
                .setTimes(FileTime.from(time), FileTime.from(time), null);
    }

    private static void mode(Path file, String permissions) throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    }

    private static void deleteAll(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(directory);
    }
}
