package org.postern.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.postern.os.Identity;
import org.postern.os.ThreadIdentity;

/**
 * Home directories of a user that mail may be delivered as: nobody where the tests run as root (a delivery as root is
 * refused), otherwise whoever runs them.
 */
public final class TestingHome {
    private static final Identity NOBODY = new Identity(65534, 65534, List.of(65534));

    /** Whether homes belong to another user than this process. */
    public static final boolean ROOT = ThreadIdentity.changes(NOBODY);

    private TestingHome() {}

    /** A home with an empty Maildir in a temporary directory, which others are let into. */
    public static AccountHomes.Account account(Path parent, String name) throws IOException {
        Files.setPosixFilePermissions(parent, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path home = Files.createDirectory(parent.resolve(name));
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxr-xr-x"));
        maildir(home.resolve("Maildir"));
        give(home);
        int uid = (int) Files.getAttribute(home, "unix:uid");
        int gid = (int) Files.getAttribute(home, "unix:gid");
        return new AccountHomes.Account(name, uid, gid, home);
    }

    /** Makes a Maildir that belongs to the user. */
    public static Path maildir(Path directory) throws IOException {
        for (String part : List.of("tmp", "new", "cur")) {
            Files.createDirectories(directory.resolve(part));
        }
        give(directory);
        return directory;
    }

    /** A file that belongs to the user. */
    public static Path write(Path file, String text, String permissions) throws IOException {
        Files.write(file, org.postern.os.Octets.bytes(text));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
        give(file);
        return file;
    }

    private static void give(Path path) throws IOException {
        if (ROOT) {
            try (Stream<Path> all = Files.walk(path)) {
                for (Path one : all.toList()) {
                    Files.setAttribute(one, "unix:uid", NOBODY.uid());
                    Files.setAttribute(one, "unix:gid", NOBODY.gid());
                }
            }
        }
    }

    /** The files of new and cur. */
    public static List<Path> messages(Path maildir) throws IOException {
        try (Stream<Path> fresh = Files.list(maildir.resolve("new"));
                Stream<Path> seen = Files.list(maildir.resolve("cur"))) {
            return Stream.concat(fresh, seen).sorted().toList();
        }
    }
}
